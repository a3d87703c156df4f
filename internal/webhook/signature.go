package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

// SignatureHeader is the header that carries the signature of an event (charge-api.md, Webhooks).
const SignatureHeader = "Charge-Signature"

// maxHeader is how long a signature may be: every secret of a rotation may have signed.
const maxHeader = 4 << 10

// Signature is the value of a Charge-Signature header: when a body was signed, and its HMACs under one or several
// secrets, as the sender claims.
type Signature struct {
	At    time.Time
	stamp string   // At as it was written: what is signed begins with it
	sums  [][]byte // v1
}

// ParseSignature reads t=INSTANT,v1=HEX[,v1=HEX…]; parts of other names are left alone. The instant is RFC 3339. Errors
// are charge.KindOutput.
func ParseSignature(header string) (s Signature, err error) {
	if len(header) > maxHeader {
		return s, charge.Errorf(charge.KindOutput, "the header is longer than %d bytes", maxHeader)
	}
	for part := range strings.SplitSeq(header, ",") {
		switch name, value, _ := strings.Cut(strings.TrimSpace(part), "="); name {
		case "t":
			if s.At, err = time.Parse(time.RFC3339, value); err != nil || s.stamp != "" {
				return s, charge.Errorf(charge.KindOutput, "the header does not say once when it was signed, as in t=2026-03-03T14:05:23.789Z")
			}
			s.stamp = value
		case "v1":
			if sum, err := hex.DecodeString(value); err == nil && len(sum) == sha256.Size {
				s.sums = append(s.sums, sum)
			}
		}
	}
	switch {
	case s.stamp == "":
		return s, charge.Errorf(charge.KindOutput, "the header does not say when it was signed: it has no t=")
	case len(s.sums) == 0:
		return s, charge.Errorf(charge.KindOutput, "the header has no signature: no v1= of 64 hex digits")
	}
	return s, nil
}

// Fresh is nil when the signature was made within the tolerance of now, before or after; else charge.KindOutput.
func (s Signature) Fresh(now time.Time, tolerance time.Duration) error {
	age, when := now.Sub(s.At).Abs(), "ago"
	if now.Before(s.At) {
		when = "in the future"
	}
	if age <= tolerance {
		return nil
	}
	return charge.Errorf(charge.KindOutput, "the time does not match: it was signed %s %s, and %s are tolerated", age.Round(time.Second), when, tolerance)
}

// Derivation is how the key of the HMAC follows from a secret.
type Derivation string

// What is signed is not documented beyond "the endpoint secret using the raw request body". These are tried, in this
// order.
const (
	Whole   Derivation = "whole"          // the secret as it is
	Bare    Derivation = "without whsec_" // what follows its prefix
	Decoded Derivation = "base64-decoded" // what that stands for
)

// Key is one key that may have signed.
type Key struct {
	Derivation Derivation
	Secret     int // which of the secrets, from 0
	bytes      []byte
}

// Keys derives every key that the secrets may stand for.
func Keys(secrets []string) (keys []Key) {
	for i, secret := range secrets {
		keys = append(keys, Key{Whole, i, []byte(secret)})
		bare := strings.TrimPrefix(secret, charge.SecretPrefix)
		if bare != secret {
			keys = append(keys, Key{Bare, i, []byte(bare)})
		}
		plain := strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(bare, "="))
		if decoded, err := base64.RawStdEncoding.DecodeString(plain); err == nil && len(decoded) > 0 {
			keys = append(keys, Key{Decoded, i, decoded})
		}
	}
	return keys
}

// Match finds the key under which the signature is one of t, a dot and the body. However early it is found, every key and
// every v1 is tried, in constant time. When none matches the error is charge.KindOutput.
func (s Signature) Match(keys []Key, body []byte) (found Key, err error) {
	err = charge.Errorf(charge.KindOutput, "the body does not match: no signature is one of these bytes under a secret given")
	for _, key := range keys {
		mac := hmac.New(sha256.New, key.bytes)
		mac.Write([]byte(s.stamp + "."))
		mac.Write(body)
		want := mac.Sum(nil)
		for _, sum := range s.sums {
			if hmac.Equal(sum, want) && err != nil {
				found, err = key, nil
			}
		}
	}
	return found, err
}

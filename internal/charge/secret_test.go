package charge

import "testing"

func TestHideKeys(t *testing.T) {
	for text, want := range map[string]string{
		"":                                            "",
		"ch_sk_test_0123456789":                       "[API key]",
		`"ch_sk_live_0123456789" is no id`:            `"[API key]" is no id`,
		"open rpt_CH_RK_LIVE_0123456789: no":          "open rpt_[API key]: no",
		"https://ch_sk_test_0123456789.test/v1":       "https://[API key].test/v1",
		"ch_sk_test_0123456789 ch_sk_test_abcdefghi":  "[API key] [API key]",
		"those start with ch_sk_test_ or ch_sk_live_": "those start with ch_sk_test_ or ch_sk_live_",
		"Authorization: Bearer ch_sk_test_…":          "Authorization: Bearer ch_sk_test_…",
		"ch_restricted_live_0123456789":               "[API key]",
		"wrote branch_ev_test_20260401.csv":           "wrote branch_ev_test_20260401.csv",
		`secret "whsec_Zm9v+YmFy/Zm9v=" in it`:        `secret "[webhook secret]" in it`,
		"secrets begin with whsec_, as documented":    "secrets begin with whsec_, as documented",
		"wrote ch_charging_summary_20260401.csv":      "wrote ch_charging_summary_20260401.csv",
	} {
		if got := HideKeys(text); got != want {
			t.Errorf("HideKeys(%q) = %q, want %q", text, got, want)
		}
	}
}

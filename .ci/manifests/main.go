// Command manifests holds the manifests of the recipes to the types of Kubernetes: every field that a file names is known,
// and of its type. It is not for what only a cluster can tell.
package main

import (
	"fmt"
	"os"

	batch "k8s.io/api/batch/v1"
	"sigs.k8s.io/yaml"
)

func main() {
	failed := false
	for path, into := range map[string]any{
		"kubernetes-cronjob.yaml": new(batch.CronJob),
		"kubernetes-shards.yaml":  new(batch.Job),
	} {
		text, err := os.ReadFile(os.Args[1] + "/" + path)
		if err == nil {
			err = yaml.UnmarshalStrict(text, into)
		}
		if job, ok := into.(*batch.Job); ok && err == nil {
			spec := job.Spec
			switch {
			case spec.CompletionMode == nil || *spec.CompletionMode != batch.IndexedCompletion || spec.BackoffLimitPerIndex == nil:
				err = fmt.Errorf("no indexed job with a limit for each index")
			case spec.PodFailurePolicy == nil || spec.PodFailurePolicy.Rules[0].Action != batch.PodFailurePolicyActionFailIndex:
				err = fmt.Errorf("no rule that fails an index alone")
			case spec.Template.Spec.RestartPolicy != "Never":
				err = fmt.Errorf("podFailurePolicy needs restartPolicy: Never")
			}
		}
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", path, err)
			failed = true
		}
	}
	for _, path := range []string{"argo-shards.yaml", "github-shards.yml", "gitlab-shards.yml"} { // their types are no small module
		text, err := os.ReadFile(os.Args[1] + "/" + path)
		if err == nil {
			_, err = yaml.YAMLToJSONStrict(text)
		}
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", path, err)
			failed = true
		}
	}
	if failed {
		os.Exit(1)
	}
}

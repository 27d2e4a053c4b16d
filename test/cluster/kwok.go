// kwok gives pods the states that a kubelet would give them.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"sigs.k8s.io/kwok/pkg/config"
	kwok "sigs.k8s.io/kwok/pkg/kwok/cmd"
)

func init() {
	programs["kwok"] = newKwok
}

// kwok finds its settings in the context, where its own main function puts them.
func newKwok() *cobra.Command {
	ctx, err := config.InitFlags(context.Background(), pflag.NewFlagSet("kwok", pflag.ContinueOnError))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	command := kwok.NewCommand(ctx)
	// Kubernetes' own flag of that name is in the way.
	command.Version = ""
	command.SetContext(ctx)
	return command
}

// The servers of a Kubernetes cluster in one program, named by its first argument: what they share is compiled and linked
// once. kwok gives pods the states that a kubelet would give them.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/component-base/cli"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllers "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	"sigs.k8s.io/kwok/pkg/config"
	kwok "sigs.k8s.io/kwok/pkg/kwok/cmd"
)

func main() {
	programs := map[string]func() *cobra.Command{
		"kube-apiserver":          apiserver.NewAPIServerCommand,
		"kube-controller-manager": controllers.NewControllerManagerCommand,
		"kwok":                    newKwok,
	}
	if len(os.Args) < 2 || programs[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "The first argument names the program.")
		os.Exit(2)
	}
	program := programs[os.Args[1]]
	os.Args = os.Args[1:]
	os.Exit(cli.Run(program()))
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

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/google/shlex"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"
)

// The SDK's exit code of a program that has already printed its error.
const alreadyReported = 32

// Methods that are missing here return Unimplemented. The engine accepts that for GetRequiredPackages and GetRequiredPlugins, and
// loads each plugin when the program first uses it. `pulumi install` fails.
type host struct {
	pulumirpc.UnimplementedLanguageRuntimeServer
	engine, tracing string
	stdout, stderr  io.Writer
	// the time from the interrupt to the kill of a program
	grace     time.Duration
	cancelled context.Context
	cancel    context.CancelFunc
}

func newHost(ctx context.Context, engine, tracing string) *host {
	h := &host{engine: engine, tracing: tracing, grace: 5 * time.Second}
	// not *os.File: os/exec would pass it to Node, which can make it non-blocking for this process too
	h.stdout, h.stderr = struct{ io.Writer }{os.Stdout}, struct{ io.Writer }{os.Stderr}
	h.cancelled, h.cancel = context.WithCancel(ctx)
	return h
}

// GetPluginInfo returns no version, because this is not a release of Pulumi.
func (h *host) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{}, nil
}

// Cancel is called by the engine at Ctrl-C.
func (h *host) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	h.cancel()
	return &emptypb.Empty{}, nil
}

func (h *host) Run(ctx context.Context, req *pulumirpc.RunRequest) (*pulumirpc.RunResponse, error) {
	// ctx ends when the engine cancels the call or exits
	ctx, end := context.WithCancel(ctx)
	defer end()
	defer context.AfterFunc(h.cancelled, end)()

	program, err := h.command(ctx, req)
	if err != nil {
		return &pulumirpc.RunResponse{Error: err.Error()}, nil
	}
	err = program.Run()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return &pulumirpc.RunResponse{}, nil
	case !errors.As(err, &exit):
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("Problem executing program (could not run language executor): %v", err)}, nil
	case exit.ExitCode() == alreadyReported:
		return &pulumirpc.RunResponse{Bail: true}, nil
	default:
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("Program exited with non-zero exit code: %d", exit.ExitCode())}, nil
	}
}

// command runs Node with the SDK's script for programs. It ends with ctx.
func (h *host) command(ctx context.Context, req *pulumirpc.RunRequest) (*exec.Cmd, error) {
	if req.GetAttachDebugger() {
		return nil, errors.New("the lab's language host cannot attach a debugger; set the runtime option nodeargs: --inspect-brk")
	}
	nodeargs, err := nodeArguments(req.GetInfo().GetOptions().AsMap())
	if err != nil {
		return nil, err
	}
	node, err := exec.LookPath("node")
	if err != nil {
		return nil, fmt.Errorf("could not find node on the $PATH: %w", err)
	}
	script, err := runScript(req.GetInfo().GetProgramDirectory())
	if err != nil {
		return nil, err
	}
	program := exec.CommandContext(ctx, node, append(append(nodeargs, script), h.arguments(req)...)...)
	program.Env = append(append(os.Environ(), "PULUMI_NODEJS_TYPESCRIPT=true"), configuration(req)...)
	program.Stdout, program.Stderr = h.stdout, h.stderr
	program.Cancel = func() error { return program.Process.Signal(os.Interrupt) }
	program.WaitDelay = h.grace
	return program, nil
}

func (h *host) arguments(req *pulumirpc.RunRequest) []string {
	var args []string
	for _, arg := range [][2]string{
		{"--monitor", req.GetMonitorAddress()},
		{"--engine", h.engine},
		{"--organization", req.GetOrganization()},
		{"--project", req.GetProject()},
		{"--root-directory", req.GetInfo().GetRootDirectory()},
		{"--stack", req.GetStack()},
		{"--pwd", req.GetInfo().GetProgramDirectory()},
		{"--parallel", strconv.Itoa(int(req.GetParallel()))},
		{"--tracing", h.tracing},
	} {
		if arg[1] != "" {
			args = append(args, arg[:]...)
		}
	}
	if req.GetDryRun() {
		args = append(args, "--dry-run")
	}
	return append(append(args, req.GetInfo().GetEntryPoint()), req.GetArgs()...)
}

// configuration is passed in the environment, which other users cannot read: it contains secrets in plain text.
func configuration(req *pulumirpc.RunRequest) []string {
	// an empty map arrives as nil, which would be null in JSON
	values, secrets := map[string]string{}, append([]string{}, req.GetConfigSecretKeys()...)
	maps.Copy(values, req.GetConfig())
	valuesJSON, _ := json.Marshal(values)
	secretsJSON, _ := json.Marshal(secrets)
	return []string{"PULUMI_CONFIG=" + string(valuesJSON), "PULUMI_CONFIG_SECRET_KEYS=" + string(secretsJSON)}
}

// nodeArguments reads the project's runtime options. It ignores packagemanager, which only `pulumi install` uses.
func nodeArguments(given map[string]any) (nodeargs []string, err error) {
	for name, value := range given {
		text, isText := value.(string)
		switch {
		case name == "nodeargs" && isText:
			if nodeargs, err = shlex.Split(text); err != nil {
				return nil, err
			}
		case name == "packagemanager", name == "typescript" && value == true:
		default:
			return nil, fmt.Errorf("the lab's language host does not implement the runtime option %s: %v", name, value)
		}
	}
	return nodeargs, nil
}

// runScript finds the program's SDK as Node does: in the nearest node_modules, from the program's folder upwards.
func runScript(program string) (string, error) {
	for folder := program; ; folder = filepath.Dir(folder) {
		script := filepath.Join(folder, "node_modules", "@pulumi", "pulumi", "cmd", "run", "index.js")
		if _, err := os.Stat(script); err == nil {
			return script, nil
		}
		if folder == filepath.Dir(folder) {
			return "", fmt.Errorf("the Pulumi SDK is not installed: run npm install in %s", program)
		}
	}
}

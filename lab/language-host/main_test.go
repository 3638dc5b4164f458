package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"
)

// asHost is a variable with which the test's program runs as the host, for tests that need it as a process.
const asHost = "LANGUAGE_HOST_TEST"

func TestMain(m *testing.M) {
	if os.Getenv(asHost) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// within limits the time of processes, so that a failed test leaves none.
func within(t *testing.T, time time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), time)
	t.Cleanup(cancel)
	return ctx
}

// project creates a folder with an SDK, and a shell script in place of Node.
func project(t *testing.T, node string) string {
	t.Helper()
	folder := t.TempDir()
	for name, text := range map[string]string{
		"node_modules/@pulumi/pulumi/cmd/run/index.js": "",
		"bin/node":         "#!/bin/sh\n" + node + "\n",
		"program/index.ts": "",
	} {
		file := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", filepath.Join(folder, "bin")+":"+os.Getenv("PATH"))
	return folder
}

func request(t *testing.T, folder string, options map[string]any) *pulumirpc.RunRequest {
	t.Helper()
	given, err := structpb.NewStruct(options)
	if err != nil {
		t.Fatal(err)
	}
	return &pulumirpc.RunRequest{
		MonitorAddress: "127.0.0.1:1",
		Project:        "p",
		Stack:          "s",
		Organization:   "o",
		Parallel:       8,
		Info: &pulumirpc.ProgramInfo{
			RootDirectory: folder, ProgramDirectory: filepath.Join(folder, "program"), EntryPoint: "index.ts", Options: given,
		},
	}
}

func run(t *testing.T, req *pulumirpc.RunRequest) (response *pulumirpc.RunResponse, stdout, stderr string) {
	t.Helper()
	h := newHost(t.Context(), "127.0.0.1:2", "")
	var out, err bytes.Buffer
	h.stdout, h.stderr = &out, &err
	response, failure := h.Run(t.Context(), req)
	if failure != nil {
		t.Fatal(failure)
	}
	return response, out.String(), err.String()
}

func TestTheProgramGetsTheEnginesArguments(t *testing.T) {
	folder := project(t, `for arg; do echo "$arg"; done`)
	req := request(t, folder, map[string]any{"nodeargs": `--title="a b" --trace-warnings`})
	req.DryRun = true
	req.Args = []string{"more"}
	response, stdout, _ := run(t, req)
	if response.GetError() != "" || response.GetBail() {
		t.Fatal(response)
	}
	want := []string{
		"--title=a b", "--trace-warnings", folder + "/node_modules/@pulumi/pulumi/cmd/run/index.js",
		"--monitor", "127.0.0.1:1", "--engine", "127.0.0.1:2", "--organization", "o", "--project", "p",
		"--root-directory", folder, "--stack", "s", "--pwd", folder + "/program", "--parallel", "8", "--dry-run",
		"index.ts", "more",
	}
	if got := strings.Split(strings.TrimSpace(stdout), "\n"); !slices.Equal(got, want) {
		t.Errorf("node %q, not %q", got, want)
	}
}

func TestConfigurationIsPassedInTheEnvironment(t *testing.T) {
	folder := project(t, `echo "$PULUMI_CONFIG|$PULUMI_CONFIG_SECRET_KEYS|$PULUMI_NODEJS_TYPESCRIPT|$*"`)
	for want, req := range map[string]*pulumirpc.RunRequest{
		`{}|[]|true|`:               request(t, folder, map[string]any{"typescript": true, "packagemanager": "npm"}),
		`{"p:k":"v"}|["p:k"]|true|`: {Config: map[string]string{"p:k": "v"}, ConfigSecretKeys: []string{"p:k"}, Info: request(t, folder, nil).Info},
	} {
		_, stdout, _ := run(t, req)
		if !strings.HasPrefix(stdout, want) {
			t.Errorf("%s does not begin with %s", stdout, want)
		}
		if _, arguments, _ := strings.Cut(stdout, "--"); strings.Contains(arguments, "p:k") {
			t.Errorf("the command line shows the configuration: %s", arguments)
		}
	}
}

func TestTheExitCodeOfTheProgramIsReported(t *testing.T) {
	for node, want := range map[string]*pulumirpc.RunResponse{
		"exit 0":     {},
		"exit 32":    {Bail: true},
		"exit 5":     {Error: "Program exited with non-zero exit code: 5"},
		"kill -9 $$": {Error: "Program exited with non-zero exit code: -1"},
	} {
		response, stdout, stderr := run(t, request(t, project(t, "echo said; echo cried >&2; "+node), nil))
		if response.GetError() != want.GetError() || response.GetBail() != want.GetBail() {
			t.Errorf("%s: %v", node, response)
		}
		if stdout != "said\n" || stderr != "cried\n" {
			t.Errorf("%s: shows %q and %q", node, stdout, stderr)
		}
	}
}

func TestInvalidRequestsAreErrors(t *testing.T) {
	folder := project(t, "")
	debugged := request(t, folder, nil)
	debugged.AttachDebugger = true
	for want, req := range map[string]*pulumirpc.RunRequest{
		"cannot attach a debugger":               debugged,
		"runtime option typescript: false":       request(t, folder, map[string]any{"typescript": false}),
		"runtime option nodeargs: 1":             request(t, folder, map[string]any{"nodeargs": 1}),
		"runtime option tsconfig: other.json":    request(t, folder, map[string]any{"tsconfig": "other.json"}),
		"the Pulumi SDK is not installed":        request(t, t.TempDir(), nil),
		"EOF found when expecting closing quote": request(t, folder, map[string]any{"nodeargs": `"`}),
	} {
		if response, _, _ := run(t, req); !strings.Contains(response.GetError(), want) {
			t.Errorf("%q does not contain: %s", response.GetError(), want)
		}
	}
	t.Setenv("PATH", t.TempDir())
	if response, _, _ := run(t, request(t, folder, nil)); !strings.Contains(response.GetError(), "could not find node on the $PATH") {
		t.Error(response)
	}
}

// Programs that print when they run and when they are interrupted; one ends at an interrupt, the other one continues.
const (
	ends  = `trap 'echo interrupted; exit 3' INT; echo runs; while :; do sleep 0.05; done`
	stays = `trap 'echo interrupted' INT; echo runs; while :; do sleep 0.05; done`
)

func TestACancelledProgramIsInterruptedThenKilled(t *testing.T) {
	for node, code := range map[string]string{ends: "3", stays: "-1"} {
		h := newHost(t.Context(), "", "")
		out, writer := io.Pipe()
		h.stdout, h.grace = writer, time.Second
		responses := make(chan *pulumirpc.RunResponse)
		req := request(t, project(t, node), nil)
		ctx := within(t, 10*time.Second)
		go func() {
			response, _ := h.Run(ctx, req)
			writer.Close()
			responses <- response
		}()
		lines := bufio.NewScanner(out)
		lines.Scan()
		if _, err := h.Cancel(t.Context(), &emptypb.Empty{}); err != nil {
			t.Fatal(err)
		}
		lines.Scan()
		if lines.Text() != "interrupted" {
			t.Errorf("the program got no interrupt: %q", lines.Text())
		}
		go func() { _, _ = io.Copy(io.Discard, out) }()
		if response := <-responses; ctx.Err() != nil || response.GetError() != "Program exited with non-zero exit code: "+code {
			t.Error(response)
		}
	}
}

// A host, started as the CLI starts it, with a program that has written its first line.
type started struct {
	process    *exec.Cmd
	input      io.Closer
	output     io.Closer
	connection io.Closer
	responses  chan *pulumirpc.RunResponse
}

func start(t *testing.T, node string) started {
	t.Helper()
	folder := project(t, node)
	s := started{process: exec.CommandContext(within(t, 20*time.Second), os.Args[0], "--logtostderr", "-v=9", "127.0.0.1:2")}
	s.process.Env = append(os.Environ(), asHost+"=1")
	input, err := s.process.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := s.process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.process.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(output)
	lines.Scan()
	connection, err := grpc.NewClient("127.0.0.1:"+lines.Text(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close() })
	engine := pulumirpc.NewLanguageRuntimeClient(connection)
	if _, err := engine.GetPluginInfo(t.Context(), &emptypb.Empty{}); err != nil {
		t.Fatal(err)
	}
	s.input, s.output, s.connection = input, output, connection
	s.responses = make(chan *pulumirpc.RunResponse, 1)
	ctx, req := within(t, 10*time.Second), request(t, folder, nil)
	go func() {
		response, _ := engine.Run(ctx, req)
		s.responses <- response
	}()
	lines.Scan()
	if lines.Text() != "runs" {
		t.Fatalf("the program does not run: %q", lines.Text())
	}
	return s
}

func TestTheHostInterruptsTheProgramAndEnds(t *testing.T) {
	for how, end := range map[string]func(started) error{
		"its input ends":    func(s started) error { return s.input.Close() },
		"it is interrupted": func(s started) error { return s.process.Process.Signal(os.Interrupt) },
	} {
		host := start(t, ends)
		if err := end(host); err != nil {
			t.Fatal(err)
		}
		if response := <-host.responses; response.GetError() != "Program exited with non-zero exit code: 3" {
			t.Errorf("%s: %v", how, response)
		}
		if err := host.process.Wait(); err != nil {
			t.Errorf("%s: the host ends with %v", how, err)
		}
	}
}

// A killed engine no longer reads; a program that still writes must be interrupted too.
func TestTheProgramEndsWithAKilledEngine(t *testing.T) {
	marker := filepath.Join(t.TempDir(), "interrupted")
	host := start(t, `trap 'touch `+marker+`; exit 3' INT; echo runs; while :; do echo more; sleep 0.05; done`)
	_ = host.output.Close()
	time.Sleep(200 * time.Millisecond)
	_, _ = host.connection.Close(), host.input.Close()
	if err := host.process.Wait(); err != nil {
		t.Errorf("the host ends with %v", err)
	}
	if _, err := os.Stat(marker); err != nil {
		t.Error("the program was not interrupted")
	}
}

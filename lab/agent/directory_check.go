package main

import (
	"cmp"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

// directoryCheck is an instance of the check directory: its options, with the vendor's names and defaults.
type directoryCheck struct {
	Directory     string   `yaml:"directory"`
	Name          string   `yaml:"name"`
	FileGauges    bool     `yaml:"filegauges"`
	IgnoreMissing bool     `yaml:"ignore_missing"`
	Tags          []string `yaml:"tags"`
}

// maxFileGauges is the largest number of files for which the vendor's check reports a gauge of each.
const maxFileGauges = 20

func (c *directoryCheck) prepare(settings) error {
	switch {
	case c.Directory == "":
		return errors.New("DirectoryCheck: missing `directory` in config")
	case !c.FileGauges:
		return errors.New("this stand-in implements only filegauges: true")
	case !c.IgnoreMissing:
		return errors.New("this stand-in implements only ignore_missing: true")
	}
	c.Name = cmp.Or(c.Name, c.Directory)
	return nil
}

// run reports system.disk.directory.exists, and the metrics system.disk.directory.*.
func (c *directoryCheck) run(r *results) {
	directory := filepath.Clean(c.Directory)
	exists := append([]string{"dir_name:" + c.Name}, c.Tags...)
	if _, err := os.Stat(directory); err != nil {
		message := fmt.Sprintf("Either directory '%s' doesn't exist or the Agent doesn't have permissions to access it, skipping.", directory)
		r.service("system.disk.directory.exists", statusWarning, exists, message)
		return
	}
	r.service("system.disk.directory.exists", statusOK, exists, "")
	entries, err := os.ReadDir(directory)
	if err != nil {
		log.Printf("ERROR | Error when traversing %s: %v", directory, err)
		return
	}
	tags := append([]string{"name:" + c.Name}, c.Tags...)
	var files []os.FileInfo
	folders, bytes := 0, int64(0)
	for _, entry := range entries {
		// a symbolic link counts as its target
		info, err := os.Stat(filepath.Join(directory, entry.Name()))
		switch {
		case err == nil && info.IsDir():
			folders++
		case err == nil:
			files = append(files, info)
			bytes += info.Size()
		}
	}
	if len(files) > maxFileGauges {
		log.Printf("ERROR | %s has more than %d files: this stand-in does not implement histograms", directory, maxFileGauges)
		return
	}
	for _, info := range files {
		c.report(r, info, append([]string{"filename:" + filepath.Join(directory, info.Name())}, tags...))
	}
	r.gauge("system.disk.directory.files", float64(len(files)), tags)
	r.gauge("system.disk.directory.folders", float64(folders), tags)
	r.gauge("system.disk.directory.bytes", float64(bytes), tags)
}

func (c *directoryCheck) report(r *results, info os.FileInfo, tags []string) {
	since := func(then time.Time) float64 { return r.now.Sub(then).Seconds() }
	r.gauge("system.disk.directory.file.bytes", float64(info.Size()), slices.Clone(tags))
	r.gauge("system.disk.directory.file.modified_sec_ago", since(info.ModTime()), tags)
	if status, ok := info.Sys().(*syscall.Stat_t); ok {
		// the time of the last change of its status, as in the vendor's check
		r.gauge("system.disk.directory.file.created_sec_ago", since(time.Unix(status.Ctim.Unix())), tags)
	}
}

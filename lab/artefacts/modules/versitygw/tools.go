//go:build tools

// The program that the lab builds from this module.
package tools

import _ "github.com/versity/versitygw/cmd/versitygw"

//go:build tools

// Names the program that is built in this module, so that its versions are pinned in go.mod.
package h2spec

import _ "github.com/summerwind/h2spec/cmd/h2spec"

// Benthos for the benchmark: its own command line, with only the components that bench.py configures.
//
// zstd stands in a package of Benthos that draws in what Go of today does not link; so gzip is the only codec.
package main

import (
	"context"

	_ "github.com/benthosdev/benthos/v4/public/components/io"
	_ "github.com/benthosdev/benthos/v4/public/components/nats"
	_ "github.com/benthosdev/benthos/v4/public/components/pure"
	"github.com/benthosdev/benthos/v4/public/service"
)

func main() {
	service.RunCLI(context.Background())
}

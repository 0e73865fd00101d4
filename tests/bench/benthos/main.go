// Benthos for the benchmark: its own command line, with only the components that bench.py configures.
//
// zstd and Parquet stand in a package that reaches into Go's own: from Go 1.23 on it is linked with -checklinkname=0.
package main

import (
	"context"

	_ "github.com/benthosdev/benthos/v4/public/components/io"
	_ "github.com/benthosdev/benthos/v4/public/components/nats"
	_ "github.com/benthosdev/benthos/v4/public/components/pure"
	_ "github.com/benthosdev/benthos/v4/public/components/pure/extended"
	"github.com/benthosdev/benthos/v4/public/service"
)

func main() {
	service.RunCLI(context.Background())
}

module example.com/go_lines

go 1.19

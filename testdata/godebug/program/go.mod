module gotrace/testdata/godebug/program

go 1.21

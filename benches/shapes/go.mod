module gotrace.bench/shapes

go 1.22

module gotrace.bench/workloads

go 1.21

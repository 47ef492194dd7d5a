module example.test/vulnerable

go 1.26.0

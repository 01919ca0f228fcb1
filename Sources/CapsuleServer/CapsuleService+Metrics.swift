/// The metrics of the state of a service, which are read for each request of the metrics.
extension ServiceMetrics {
    /// Adds the version, and what the process uses.
    func addProcess(version: String, started: Int64) {
        add(
            ReadMetric(
                name: "capsule_build_info", help: "Always 1; the label is the version of the program.",
                label: "version",
                read: { [(version, 1)] }))
        for metric in ProcessStatistics.metrics(started: started) { add(metric) }
    }

    /// Adds the work that runs and waits, by its kind.
    func addWork(_ limiters: [(work: String, limiter: ConcurrencyLimiter)]) {
        func add(_ name: String, _ help: String, _ value: @escaping @Sendable (ConcurrencyLimiter) -> Double) {
            self.add(
                ReadMetric(
                    name: name, help: help, label: "work", read: { limiters.map { ($0.work, value($0.limiter)) } }))
        }
        add("capsule_work_running", "Work in progress, by kind.") { Double($0.running) }
        add("capsule_work_waiting", "Work that waits in the queue, by kind.") { Double($0.waiting) }
        add("capsule_work_longest_wait_seconds", "Time for which the oldest work in the queue has waited, by kind.") {
            $0.longestWait.seconds
        }
    }

    /// Adds the bytes of the caches: of capsules, and of what several processes may write.
    func addCaches(_ capsules: CapsuleCache, _ others: CacheSizes) {
        add(
            ReadMetric(
                name: "capsule_cache_bytes", help: "Bytes of files in the cache, by part.", label: "cache",
                read: {
                    [("capsules", Double(capsules.size))]
                        + others.bytes.map { (label: $0.name, value: Double($0.bytes)) }
                }))
    }

    /// Adds a single value.
    func add(_ name: String, _ help: String, _ value: @escaping @Sendable () -> Double?) {
        add(ReadMetric(name: name, help: help, read: { value().map { [("", $0)] } ?? [] }))
    }
}

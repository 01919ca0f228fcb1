internal import Support

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// What this process uses, in the metrics that Prometheus' client libraries define for all processes.
///
/// https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics
enum ProcessStatistics {
    /// The metrics of a process that started at a time in seconds since 1970.
    static func metrics(started: Int64) -> [ReadMetric] {
        [
            ReadMetric(
                name: "process_cpu_seconds_total", help: "Processor time that this process used, in seconds.",
                kind: .counter, read: { [("", processorSeconds)] }),
            ReadMetric(
                name: "process_resident_memory_bytes", help: "Resident memory of this process, in bytes.",
                read: { memory(1) }),
            ReadMetric(
                name: "process_virtual_memory_bytes", help: "Memory that this process has reserved, in bytes.",
                read: { memory(0) }),
            ReadMetric(
                name: "process_open_fds", help: "Open files and connections of this process.",
                read: { openFiles.map { [("", $0)] } ?? [] }),
            ReadMetric(
                name: "process_max_fds", help: "The limit of open files and connections of this process.",
                read: { fileLimit.map { [("", $0)] } ?? [] }),
            ReadMetric(
                name: "process_start_time_seconds", help: "The start of the service, in seconds since 1970.",
                read: { [("", Double(started))] }),
        ]
    }

    private static var processorSeconds: Double {
        #if canImport(Glibc)
            let whole = __rusage_who_t(RUSAGE_SELF.rawValue)
        #else
            let whole = RUSAGE_SELF
        #endif
        var usage = rusage()
        guard getrusage(whole, &usage) == 0 else { return 0 }
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }

    private static func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }

    /// A number of `/proc/self/statm`, which counts pages.
    private static func memory(_ place: Int) -> [(label: String, value: Double)] {
        guard let bytes = try? SmallFile.read("/proc/self/statm", limit: 4 << 10) else { return [] }
        let words = String(decoding: bytes, as: UTF8.self).split(separator: " ")
        guard place < words.count, let pages = Double(words[place]) else { return [] }
        return [("", pages * Double(sysconf(Int32(_SC_PAGESIZE))))]
    }

    private static var openFiles: Double? {
        guard let directory = try? SystemCall.open("/proc/self/fd", .directory) else { return nil }
        defer { SystemCall.close(directory) }
        // One of them is the directory.
        return (try? SystemCall.names(in: directory)).map { Double($0.count - 1) }
    }

    private static var fileLimit: Double? {
        #if canImport(Glibc)
            let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        #else
            let resource = RLIMIT_NOFILE
        #endif
        var limit = rlimit()
        return getrlimit(resource, &limit) == 0 ? Double(limit.rlim_cur) : nil
    }
}

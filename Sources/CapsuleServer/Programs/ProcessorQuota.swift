internal import Support

/// The processors that this process may use, as its control group limits them.
package enum ProcessorQuota {
    /// True when there is less than one processor, so that work would hold up probes.
    static func isScarce(_ processors: Double?) -> Bool { (processors ?? 1) < 1 }

    /// The number of processors, such as 0.1; nil when there is no limit, and when none can be read.
    ///
    /// A control group is at its own path where this process sees the whole tree, and at the root in a container.
    ///
    /// - Parameter root: the directory that `/proc` and `/sys` are in.
    package static func read(root: String = "") -> Double? {
        guard let groups = text("\(root)/proc/self/cgroup") else { return nil }
        for line in groups.split(separator: "\n") {
            // NUMBER:CONTROLLERS:PATH; version 2 has no controllers.
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { continue }
            let (controllers, path) = (fields[1].split(separator: ","), fields[2])
            let read: (String) -> Double?
            if fields[1].isEmpty {
                read = { directory in quota(text("\(root)/sys/fs/cgroup\(directory)/cpu.max")) }
            } else if controllers.contains("cpu") {
                read = { directory in
                    let files = ["quota", "period"].map {
                        text("\(root)/sys/fs/cgroup/cpu\(directory)/cpu.cfs_\($0)_us")
                    }
                    return quota(files.compactMap { $0 }.joined(separator: " "))
                }
            } else {
                continue
            }
            if let found = read(path == "/" ? "" : String(path)) ?? read("") { return found }
        }
        return nil
    }

    /// Reads a quota and its period: `10000 100000`. Nil for `max`, and for `-1`, which version 1 has for it.
    private static func quota(_ text: String?) -> Double? {
        let numbers = (text ?? "").split { $0.isWhitespace }.map { Double($0) ?? 0 }
        guard numbers.count == 2, numbers[0] > 0, numbers[1] > 0 else { return nil }
        return numbers[0] / numbers[1]
    }

    private static func text(_ path: String) -> String? {
        ((try? SmallFile.read(path, limit: 64 << 10)) ?? nil).map { String(decoding: $0, as: UTF8.self) }
    }
}

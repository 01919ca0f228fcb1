internal import FoundationEssentials

extension CacheDirectory {
    /// Removes the files whose last use, their modification time, is the longest ago, until the others have at most `limit`
    /// bytes. Names that begin with a dot, which partial files have, do not count.
    package static func trim(_ path: String, to limit: Int) {
        var files: [(path: String, size: Int, used: Int64)] = []
        for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] where !name.hasPrefix(".") {
            let file = "\(path)/\(name)"
            guard let status = try? SystemCall.status(of: file), status.kind == .file else { continue }
            files.append((file, Int(status.size), status.modified.seconds))
        }
        var total = files.reduce(0) { $0 + $1.size }
        for file in files.sorted(by: { ($0.used, $0.path) < ($1.used, $1.path) }) {
            guard total > limit else { return }
            SystemCall.remove(file.path)
            total -= file.size
        }
    }
}

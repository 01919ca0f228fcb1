internal import Support
internal import Synchronization

/// The sizes of directories that other processes may write to, so that their bytes cannot be counted as they are written.
///
/// They are measured when the metrics are read, and at most twice a minute, because the size of every file is read.
final class CacheSizes: Sendable {
    private struct State {
        var measured: Duration?
        var bytes: [(name: String, bytes: Int64)] = []
    }

    private static let age: Duration = .seconds(30)

    private let directories: [(name: String, path: String)]
    private let clock: ServiceClock
    private let state = Mutex(State())

    init(_ directories: [(name: String, path: String)], clock: ServiceClock) {
        self.directories = directories
        self.clock = clock
    }

    /// The sizes at the last measurement.
    var bytes: [(name: String, bytes: Int64)] { state.withLock { $0.bytes } }

    /// Measures the directories, unless that was done a moment ago.
    func refresh() async {
        let now = clock.now
        let isDue = state.withLock { state in
            if let last = state.measured, now - last < Self.age { return false }
            state.measured = now
            return true
        }
        guard isDue else { return }
        let directories = directories
        let bytes = await awaitBlocking { directories.map { (name: $0.name, bytes: Self.size(of: $0.path)) } }
        state.withLock { $0.bytes = bytes }
    }

    /// The bytes of all files below a directory; 0 when it does not exist. Links are not followed.
    private static func size(of path: String) -> Int64 {
        var total: Int64 = 0
        var rest = [path]
        while let next = rest.popLast() {
            guard let directory = try? SystemCall.open(next, [.directory, .noFollow]) else { continue }
            defer { SystemCall.close(directory) }
            for name in (try? SystemCall.names(in: directory)) ?? [] {
                guard let status = try? SystemCall.status(of: "\(next)/\(name)") else { continue }
                switch status.kind {
                case .directory: rest.append("\(next)/\(name)")
                case .file: total += status.size
                case .link, .other: continue
                }
            }
        }
        return total
    }
}

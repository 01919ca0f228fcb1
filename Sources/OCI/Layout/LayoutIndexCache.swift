internal import Support
internal import Synchronization

/// The last decoded `index.json`: listing a layout of thousands of tags would otherwise decode it for each.
final class LayoutIndexCache: Sendable {
    /// The attributes that differ when a file has changed.
    struct Stamp: Equatable, Sendable {
        private let numbers: [Int64]
        fileprivate let changed: Int64

        init(_ status: FileStatus) {
            numbers = [
                Int64(truncatingIfNeeded: status.device), Int64(truncatingIfNeeded: status.inode), status.size,
                status.modified.seconds, status.modified.nanoseconds, status.changed.nanoseconds,
            ]
            changed = status.changed.seconds
        }
    }

    /// The minimum age of a change, in seconds, at which the file is cached. Within one tick of a file system's clock a file
    /// could change again and have the same time; two seconds is the coarsest clock in use.
    static let settling: Int64 = 2

    private let settling: Int64
    private let state = Mutex<(stamp: Stamp, index: LayoutIndex)?>(nil)

    init(settling: Int64 = LayoutIndexCache.settling) { self.settling = settling }

    /// The index that was decoded from the file in this state; nil when another state is cached.
    func index(_ stamp: Stamp) -> LayoutIndex? {
        state.withLock { $0?.stamp == stamp ? $0?.index : nil }
    }

    /// Caches a decoded index, unless the file changed just now.
    func keep(_ index: LayoutIndex, _ stamp: Stamp) {
        guard WallClock.system() - stamp.changed > settling else { return }
        state.withLock { $0 = (stamp, index) }
    }
}

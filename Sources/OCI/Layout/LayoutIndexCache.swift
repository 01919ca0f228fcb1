internal import Synchronization

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// The last decoded `index.json`: listing a layout of thousands of tags would otherwise decode it for each.
final class LayoutIndexCache: Sendable {
    /// The attributes that differ when a file has changed.
    struct Stamp: Equatable, Sendable {
        private let numbers: [Int64]
        fileprivate let changed: Int64

        init(_ status: stat) {
            #if canImport(Darwin)
                let (modified, changed) = (status.st_mtimespec, status.st_ctimespec)
            #else
                let (modified, changed) = (status.st_mtim, status.st_ctim)
            #endif
            numbers = [
                Int64(truncatingIfNeeded: status.st_dev), Int64(truncatingIfNeeded: status.st_ino),
                Int64(status.st_size),
                Int64(modified.tv_sec), Int64(modified.tv_nsec), Int64(changed.tv_nsec),
            ]
            self.changed = Int64(changed.tv_sec)
        }
    }

    /// The least age of a change, in seconds, at which the file is cached. Within one tick of a file system's clock a file
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
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        guard Int64(now.tv_sec) - stamp.changed > settling else { return }
        state.withLock { $0 = (stamp, index) }
    }
}

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// The limit of open files and connections of this process.
enum OpenFiles {
    private static var current: rlimit? {
        var limit = rlimit()
        return getrlimit(resource, &limit) == 0 ? limit : nil
    }

    #if canImport(Glibc)
        private static let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    #else
        private static let resource = RLIMIT_NOFILE
    #endif

    /// The soft limit; nil when it is unknown.
    static var limit: Int? { current.map { Int(clamping: $0.rlim_cur) } }

    /// Raises the soft limit to the hard limit: shells start programs with 1,024.
    ///
    /// - Returns: the limit; nil when it is unknown.
    @discardableResult
    static func takeAll() -> Int? {
        guard var limit = current else { return nil }
        let before = limit.rlim_cur
        limit.rlim_cur = limit.rlim_max
        return Int(clamping: setrlimit(resource, &limit) == 0 ? limit.rlim_max : before)
    }
}

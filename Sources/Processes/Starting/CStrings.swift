#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// A null-terminated vector of C strings, which lives as long as this object.
@unsafe final class CStrings {
    let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private let bytes: UnsafeMutablePointer<CChar>

    /// The first string; nil when there is none.
    var first: UnsafeMutablePointer<CChar>? { unsafe pointers.pointee }

    init(_ strings: [String]) {
        unsafe pointers = .allocate(capacity: strings.count + 1)
        unsafe bytes = .allocate(capacity: strings.reduce(0) { $0 + $1.utf8.count + 1 })
        var next = unsafe bytes
        for (index, string) in strings.enumerated() {
            unsafe (pointers + index).initialize(to: next)
            let size = string.utf8.count + 1
            unsafe string.withCString { unsafe next.initialize(from: $0, count: size) }
            unsafe next += size
        }
        unsafe (pointers + strings.count).initialize(to: nil)
    }

    deinit {
        unsafe pointers.deallocate()
        unsafe bytes.deallocate()
    }
}

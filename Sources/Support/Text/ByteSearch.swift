#if os(Linux)
    internal import CLinux
#else
    internal import Darwin
#endif

/// Finds bytes in bytes, in a time that grows with the sum of their lengths and not with the product.
package enum ByteSearch {
    /// The index of the first occurrence of `needle` at or after `start`; nil when there is none. An empty needle is nowhere.
    package static func first(_ needle: [UInt8], in bytes: [UInt8], from start: Int = 0) -> Int? {
        guard !needle.isEmpty, start >= 0, start < bytes.count, needle.count <= bytes.count - start else { return nil }
        let found = unsafe bytes.withUnsafeBytes { buffer -> Int? in
            guard let base = buffer.baseAddress,
                let place = unsafe memmem(base + start, buffer.count - start, needle, needle.count)
            else { return nil }
            return unsafe UnsafeRawPointer(place) - base
        }
        StepCount.add((found ?? bytes.count) - start + needle.count)
        return found
    }

    /// The indices of the occurrences that do not overlap, at most `limit`.
    package static func all(_ needle: [UInt8], in bytes: [UInt8], limit: Int = .max) -> [Int] {
        var found: [Int] = []
        var start = 0
        while found.count < limit, let index = first(needle, in: bytes, from: start) {
            found.append(index)
            start = index + needle.count
        }
        return found
    }
}

internal import Support

/// The header `Content-Range: bytes 0-99/200` of a 206 response.
struct ContentRange: Equatable {
    let first: Int64
    let last: Int64
    /// The size of the whole; nil for `*`.
    let total: Int64?

    init?(_ value: String?) {
        guard let value = value?.trimmingSpaces().lowercased(), value.hasPrefix("bytes ") else { return nil }
        let halves = value.dropFirst(6).split(separator: "/", omittingEmptySubsequences: false)
        guard halves.count == 2, let (first, last) = Self.bounds(String(halves[0])) else { return nil }
        self.first = first
        self.last = last
        if halves[1] == "*" {
            total = nil
        } else {
            guard let size = Self.number(halves[1]), size > last else { return nil }
            total = size
        }
    }

    /// The bounds of `0-99`, in order and not negative.
    static func bounds(_ text: String) -> (first: Int64, last: Int64)? {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, let first = number(ends[0]), let last = number(ends[1]), first <= last else {
            return nil
        }
        return (first, last)
    }

    private static func number(_ text: some StringProtocol) -> Int64? {
        text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int64(text) : nil
    }

    /// The number of bytes that were uploaded, by the `Range` of an upload response: `0-99` is 100. Registries write `0-0` for
    /// none, and some write `bytes=0-99`.
    static func uploaded(_ value: String?) -> Int64? {
        guard let value = value?.trimmingSpaces() else { return nil }
        let text = value.hasPrefix("bytes=") ? String(value.dropFirst(6)) : value
        guard let (first, last) = bounds(text), first == 0 else { return nil }
        return last == 0 ? 0 : last.addingClamped(1)
    }
}

internal import CapsuleCore

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// Finds out whether files may name a namespace, before a second render is made to see which objects name one.
///
/// The text decides, because patches, generators and kustomizations name namespaces too. A false alarm costs time only.
enum NamespaceMentions {
    /// True when a file may name another namespace than `namespace`.
    static func exist(in files: [PackageFile], besides namespace: String) -> Bool {
        files.contains { exists(in: $0.content, besides: Array(namespace.utf8)) }
    }

    private static func exists(in content: [UInt8], besides namespace: [UInt8]) -> Bool {
        if find(Array("kind: Namespace".utf8), in: content, from: 0) != nil { return true }
        let word = Array("namespace".utf8)
        var start = 0
        while let index = find(word, in: content, from: start) {
            start = index + word.count
            let before = index > 0 ? content[index - 1] : UInt8(ascii: "\n")
            // A JSON pointer, as patches have it.
            if before == UInt8(ascii: "/") { return true }
            // `metadata.namespace` is a reference to the field.
            if before == UInt8(ascii: ".") { continue }
            if names(content[start...], besides: namespace) { return true }
        }
        return false
    }

    // True when a colon follows and then another text than `namespace`.
    private static func names(_ text: ArraySlice<UInt8>, besides namespace: [UInt8]) -> Bool {
        let isQuote = { (byte: UInt8) in byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") }
        let isBlank = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        var rest = text
        if let first = rest.first, isQuote(first) { rest.removeFirst() }
        rest = rest.drop(while: isBlank)
        guard rest.first == UInt8(ascii: ":") else { return false }
        rest = rest.dropFirst().drop { isBlank($0) || isQuote($0) }
        let value = rest.prefix { !isBlank($0) && !isQuote($0) && !"\r\n,}#".utf8.contains($0) }
        return !value.elementsEqual(namespace)
    }

    private static func find(_ needle: [UInt8], in content: [UInt8], from start: Int) -> Int? {
        content.withUnsafeBytes { buffer in
            guard let base = buffer.baseAddress else { return nil }
            var next = start
            while next + needle.count <= buffer.count,
                let found = memchr(base + next, Int32(needle[0]), buffer.count - next)
            {
                let index = UnsafeRawPointer(found) - base
                guard index + needle.count <= buffer.count else { return nil }
                if memcmp(base + index, needle, needle.count) == 0 { return index }
                next = index + 1
            }
            return nil
        }
    }
}

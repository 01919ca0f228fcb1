/// Finds references to a repository inside any text: an argument such as `--image=ghcr.io/x/y:tag`, an annotation, a
/// file in a ConfigMap.
enum ReferenceSearch {
    /// The references in a text: the name of the repository with its tag and digest. The name alone is a reference
    /// only when it is the whole text.
    static func references(to repository: String, in text: String) -> [String] {
        let haystack = Array(text.utf8)
        let needle = Array(repository.utf8)
        guard let first = needle.first, haystack.count >= needle.count else { return [] }
        var found: [String] = []
        var index = 0
        while index + needle.count <= haystack.count {
            defer { index += 1 }
            guard lowercase(haystack[index]) == first,
                zip(haystack[index...], needle).allSatisfy({ lowercase($0) == $1 }),
                startsName(haystack, at: index)
            else { continue }
            let end = referenceEnd(haystack, from: index + needle.count)
            let isWhole = index == 0 && end == haystack.count
            if end > index + needle.count || isWhole {
                found.append(String(decoding: haystack[index..<end], as: UTF8.self))
            }
            index = max(index, end - 1)
        }
        return found
    }

    private static func lowercase(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    // `mirror.example/ghcr.io/x/y` is another repository, and `https://ghcr.io/x/y` is a web address; `docker://` and
    // `oci://` are followed by a reference.
    private static func startsName(_ text: [UInt8], at index: Int) -> Bool {
        guard index > 0 else { return true }
        let before = text[index - 1]
        if isNameByte(before) { return false }
        guard before == UInt8(ascii: "/") else { return true }
        let head = text[..<index]
        return head.suffix(3).elementsEqual("://".utf8)
            && !head.suffix(8).elementsEqual("https://".utf8) && !head.suffix(7).elementsEqual("http://".utf8)
    }

    // The end of `:tag`, `@algorithm:hex` or both; the start when there is neither.
    private static func referenceEnd(_ text: [UInt8], from start: Int) -> Int {
        var end = start
        if end < text.count, text[end] == UInt8(ascii: ":") {
            let tag = text[(end + 1)...].prefix(while: isNameByte)
            // A colon at the end is punctuation.
            if !tag.isEmpty { end = tag.endIndex }
        }
        if end < text.count, text[end] == UInt8(ascii: "@") {
            let digest = text[(end + 1)...].prefix { isNameByte($0) || $0 == UInt8(ascii: ":") }
            if !digest.isEmpty { end = digest.endIndex }
        }
        return end
    }
}

internal import CapsuleCore

/// Finds references to a repository inside any text: an argument such as `--image=ghcr.io/x/y:tag`, an annotation, a
/// file in a ConfigMap. Registry hosts are compared in their normal form.
struct ReferenceSearch {
    /// The normal form of the repository's host.
    private let host: String
    /// The repository without its host, in lower case; for the official images of Docker Hub without `library/`.
    private let path: [UInt8]
    private let isOfficial: Bool

    /// - Parameter repository: the form of ``ImageReference/repository``.
    init(repository: String) {
        let slash = repository.firstIndex(of: "/") ?? repository.endIndex
        host = String(repository[..<slash])
        let path = repository[slash...].dropFirst().lowercased()
        isOfficial = host == RegistryHost.dockerHub && path.hasPrefix("library/")
        self.path = Array((isOfficial ? String(path.dropFirst("library/".count)) : path).utf8)
    }

    /// The references in a text: the name of the repository with its tag and digest. A name with a host and nothing else
    /// is a reference only when it is the whole text.
    func references(in text: String) -> [String] {
        guard text.utf8.count >= path.count, !path.isEmpty else { return [] }
        return text.utf8.withContiguousStorageIfAvailable { references($0) }
            ?? Array(text.utf8).withUnsafeBufferPointer { references($0) }
    }

    private func references(_ text: UnsafeBufferPointer<UInt8>) -> [String] {
        var found: [String] = []
        var index = 0
        let last = text.count - path.count
        while index <= last {
            defer { index += 1 }
            guard lowercase(text[index]) == path[0], matches(text, at: index), let start = start(text, ofPathAt: index)
            else { continue }
            let end = Self.referenceEnd(text, from: index + path.count)
            let isBare = end == index + path.count
            guard accepts(text, start, pathAt: index, end, isBare: isBare) else { continue }
            found.append(String(decoding: text[start.index..<end], as: UTF8.self))
            index = max(index, end - 1)
        }
        return found
    }

    private func matches(_ text: UnsafeBufferPointer<UInt8>, at index: Int) -> Bool {
        for offset in path.indices where lowercase(text[index + offset]) != path[offset] { return false }
        return true
    }

    private struct Start {
        let index: Int
        let hasHost: Bool
        var isFirst: Bool
    }

    // The start of the name whose path, without `library/`, is at `index`; nil when the name is another one.
    private func start(_ text: UnsafeBufferPointer<UInt8>, ofPathAt index: Int) -> Start? {
        var index = index
        let library = Array("library/".utf8)
        if isOfficial, index >= library.count, text[(index - library.count)..<index].elementsEqual(library) {
            index -= library.count
        }
        guard index > 0, text[index - 1] == UInt8(ascii: "/") else {
            guard host == RegistryHost.dockerHub, index == 0 || !isNameByte(text[index - 1]) else { return nil }
            return Start(index: index, hasHost: false, isFirst: index == 0)
        }
        var first = index - 1
        while first > 0, isNameByte(text[first - 1]) || text[first - 1] == UInt8(ascii: ":") { first -= 1 }
        // In `image:ghcr.io:443/x`, only the last colon belongs to the host, because digits follow it.
        var parts = text[first..<(index - 1)].split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        let port = parts.count > 1 && parts[parts.count - 1].allSatisfy(isDigit) ? parts.removeLast() : nil
        guard let name = parts.last else { return nil }
        if name.isEmpty {
            // `docker://redis`: the scheme is followed by a name without a host.
            guard host == RegistryHost.dockerHub, let scheme = Self.schemeEnd(text, before: index) else { return nil }
            return Start(index: index, hasHost: false, isFirst: scheme == 0)
        }
        let written = text[name.startIndex..<(port?.endIndex ?? name.endIndex)]
        guard RegistryHost.normalized(String(decoding: written, as: UTF8.self)) == host else { return nil }
        // `mirror.example/ghcr.io/x/y` is another repository, and `https://ghcr.io/x/y` is a web address; `docker://` and
        // `oci://` are followed by a reference.
        let start = name.startIndex
        guard start > 0, text[start - 1] == UInt8(ascii: "/") else {
            return Start(index: start, hasHost: true, isFirst: start == 0)
        }
        guard let scheme = Self.schemeEnd(text, before: start) else { return nil }
        return Start(index: start, hasHost: true, isFirst: scheme == 0)
    }

    private func accepts(
        _ text: UnsafeBufferPointer<UInt8>, _ start: Start, pathAt index: Int, _ end: Int, isBare: Bool
    ) -> Bool {
        if start.hasHost { return !isBare || (start.isFirst && end == text.count) }
        // Without a host, `acme/shop` may be a Git repository, and `redis:6379` a host and its port.
        guard !isBare else { return false }
        guard isOfficial, start.index == index else { return true }
        let isArgument = start.isFirst || text[start.index - 1] == UInt8(ascii: "=")
        let tag = text[(index + path.count + 1)..<end].prefix { $0 != UInt8(ascii: "@") }
        let isPort = tag.count > 1 && tag.allSatisfy(isDigit) && (Int(String(decoding: tag, as: UTF8.self)) ?? 0) >= 80
        return isArgument && !isPort
    }

    // The index of the scheme of a URL that is not a web address and ends before `index`; nil when there is none.
    private static func schemeEnd(_ text: UnsafeBufferPointer<UInt8>, before index: Int) -> Int? {
        guard index > 3, text[(index - 3)..<index].elementsEqual("://".utf8) else { return nil }
        var first = index - 3
        while first > 0, isNameByte(text[first - 1]) { first -= 1 }
        let scheme = String(decoding: text[first..<(index - 3)], as: UTF8.self).lowercased()
        return scheme == "http" || scheme == "https" || scheme.isEmpty ? nil : first
    }

    // The end of `:tag`, `@algorithm:hex` or both; the start when there is neither.
    private static func referenceEnd(_ text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
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

extension ReferenceSearch {
    /// The references with a digest that are in a text, whatever their repository is.
    static func references(with digest: String, in text: String) -> [String] {
        guard text.utf8.count > digest.utf8.count, text.utf8.contains(UInt8(ascii: "@")) else { return [] }
        let bytes = Array(text.utf8)
        let needle = Array("@\(digest)".utf8)
        var found: [String] = []
        var index = 1
        while index + needle.count <= bytes.count {
            defer { index += 1 }
            guard bytes[index] == needle[0], bytes[index..<(index + needle.count)].elementsEqual(needle) else {
                continue
            }
            var start = index
            while start > 0, isNameByte(bytes[start - 1]) || "/:".utf8.contains(bytes[start - 1]) { start -= 1 }
            var name = String(decoding: bytes[start..<index], as: UTF8.self)
            if let scheme = name.firstRange(of: "://") {
                // A web address may name a digest as well.
                guard !name.lowercased().hasPrefix("http") else { continue }
                name = String(name[scheme.upperBound...])
            }
            // A package URL names the repository elsewhere.
            guard !name.isEmpty, !name.hasPrefix("pkg:") else { continue }
            found.append(name + "@" + digest)
        }
        return found
    }
}

private func lowercase(_ byte: UInt8) -> UInt8 {
    byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
}

private func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

private func isNameByte(_ byte: UInt8) -> Bool {
    let letter = lowercase(byte)
    return letter >= UInt8(ascii: "a") && letter <= UInt8(ascii: "z") || isDigit(byte) || byte == UInt8(ascii: "_")
        || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
}

internal import CapsuleCore
internal import Documents
internal import OCI

/// Adds the digest to each reference to an image of the release in the output of Helm.
///
/// A chart is given the tag alone, because charts copy the tag into labels, which may not contain `@` or `:`. A reference
/// is what ``ImageProof`` takes for one: the text of an image field, or the repository and tag in another text. Every other
/// byte stays as it is.
enum HelmImagePins {
    /// The output with the digests.
    static func pin(_ output: [UInt8], _ release: ReleaseManifest) -> [UInt8] {
        let images = [release.image] + (release.images ?? [])
        let repositories = images.map { ImageReference($0.repoURL.description).repository }
        let scan = ImageScan(repositories: Set(repositories), digest: nil)
        var pinned: [UInt8] = []
        var end = 0
        for chunk in ManifestStream.split(output) {
            pinned += output[end..<chunk.startIndex]
            pinned += pin(Array(chunk), images, scan) ?? Array(chunk)
            end = chunk.endIndex
        }
        return pinned + output[end...]
    }

    /// Nil when the object has no reference to pin.
    private static func pin(_ content: [UInt8], _ images: [ReleaseManifest.Image], _ scan: ImageScan) -> [UInt8]? {
        var scan = scan
        guard let node = try? YAMLParser.documents(content, file: "object").first else { return nil }
        var pins: [String: String] = [:]
        scan.scan(node, kind: node["kind"]?.string ?? "")
        for use in scan.uses {
            let name = use.text.trimmingBlanks()
            let reference = ImageReference(name)
            guard reference.digest == nil, let tag = reference.tag else { continue }
            let image = images.first {
                $0.tag.description == tag && ImageReference($0.repoURL.description).repository == reference.repository
            }
            if let digest = image?.digest { pins[String(name)] = "\(name)@\(digest)" }
        }
        guard !pins.isEmpty, let ranges = YAMLScalars.ranges(in: content) else { return nil }
        var tags = TagFields(images)
        tags.visit(node)
        // An alias is one place in the text and many in the object.
        let tagPins = tags.scalars == ranges.count ? tags.pins : [:]
        var result: [UInt8] = []
        var end = 0
        for (index, range) in ranges.enumerated() {
            result += content[end..<range.lowerBound]
            result += replace(tagPins[index] ?? pins, in: content[range])
            end = range.upperBound
        }
        return result + content[end...]
    }

    /// Finds the tags of references whose parts are in different fields of one mapping, as the objects of operators have
    /// them: `{repository, tag}`.
    private struct TagFields {
        private let images: [ReleaseManifest.Image]
        private let repositories: Set<String>
        /// The number of scalars that were visited, keys included.
        private(set) var scalars = 0
        /// The replacement of a tag, by the number of its scalar.
        private(set) var pins: [Int: [String: String]] = [:]

        init(_ images: [ReleaseManifest.Image]) {
            self.images = images
            repositories = Set(images.map { ImageReference($0.repoURL.description).repository })
        }

        mutating func visit(_ node: YAMLNode) {
            switch node.value {
            case .scalar: scalars += 1
            case .sequence(let elements): for element in elements { visit(element) }
            case .mapping(let entries):
                let pin = pin(entries)
                for entry in entries {
                    scalars += 1
                    if let pin, ["tag", "newTag", "imageTag", "targetRevision"].contains(entry.key),
                        entry.value.string == pin.tag
                    {
                        pins[scalars] = [pin.tag: "\(pin.tag)@\(pin.digest)"]
                    }
                    visit(entry.value)
                }
            }
        }

        private func pin(_ entries: [YAMLEntry]) -> (tag: String, digest: Digest)? {
            guard let parts = ImageParts.find(entries, repositories) else { return nil }
            let reference = ImageReference(parts.reference)
            guard reference.digest == nil, let tag = reference.tag else { return nil }
            let image = images.first {
                $0.tag.description == tag && ImageReference($0.repoURL.description).repository == reference.repository
            }
            return image?.digest.map { (tag, $0) }
        }
    }

    private static func replace(_ pins: [String: String], in scalar: ArraySlice<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        var index = scalar.startIndex
        while index < scalar.endIndex {
            let rest = scalar[index...]
            let pin = pins.first { name, _ in
                rest.starts(with: name.utf8) && starts(scalar, at: index) && ends(scalar, at: index + name.utf8.count)
            }
            if let pin {
                result += Array(pin.value.utf8)
                index += pin.key.utf8.count
            } else {
                result.append(scalar[index])
                index += 1
            }
        }
        return result
    }

    // `mirror.example/acme/shop:1` is not a reference to `acme/shop`; `docker://acme/shop:1` contains one.
    private static func starts(_ text: ArraySlice<UInt8>, at index: Int) -> Bool {
        guard index > text.startIndex else { return true }
        let before = text[index - 1]
        if before == UInt8(ascii: "/") { return text[..<index].suffix(3).elementsEqual("://".utf8) }
        return !isNameByte(before)
    }

    private static func ends(_ text: ArraySlice<UInt8>, at index: Int) -> Bool {
        guard index < text.endIndex else { return true }
        return !isNameByte(text[index]) && text[index] != UInt8(ascii: "@")
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}

internal import OCI
internal import Support

/// The values of a chart that name one image: a map from the path of a value, such as `image.tag`, to a template, such as
/// `{tag}`. `format.md` §4.
package struct HelmValues: Hashable, Sendable {
    /// The parts of an image that a template may name in braces.
    package enum Part: String, Sendable, CaseIterable {
        /// `registry.example.com`.
        case registry
        /// `registry.example.com/shop/web`.
        case repository
        /// `shop/web`: the repository's name on its registry.
        case path
        /// The tag.
        case tag
        /// `sha256:` and the hash.
        case digest
        /// The hash alone.
        case hex
        /// `registry.example.com/shop/web:tag@sha256:…`.
        case reference
    }

    /// The templates by the path of their value.
    package let templates: [String: String]

    /// The maximum number of values that name one image: a chart with more repeats one image by hand.
    static let maximumCount = 100

    /// Creates the values of an image.
    ///
    /// - Throws: `CapsuleError.Code.invalidName` for a path that is not names joined by dots, a template with an unknown
    ///   part, and two paths of which one contains the other.
    package init(_ templates: [String: String]) throws(CapsuleError) {
        guard !templates.isEmpty, templates.count <= Self.maximumCount else {
            throw CapsuleError(
                .invalidName, "\(templates.count) values are given; an image has 1 to \(Self.maximumCount)")
        }
        for (key, template) in templates.sorted(by: { $0.key < $1.key }) {
            try Self.check(key: key)
            try Self.check(template)
        }
        if let (outer, inner) = Self.conflict(among: Array(templates.keys)) {
            throw CapsuleError(
                .invalidName, "\(quoted(outer)) contains \(quoted(inner)), so both cannot be set; keep one of them")
        }
        self.templates = templates
    }

    /// The paths, sorted.
    package var keys: [String] { templates.keys.sorted() }

    /// The text of each value for an image, sorted by path. Parts of the digest are empty when the image has none.
    package func values(for image: ReleaseManifest.Image) -> [(key: String, value: String)] {
        templates.sorted { $0.key < $1.key }.map { ($0.key, Self.fill($0.value, image)) }
    }

    /// `image.tag={tag}, …`, for a message.
    package var summary: String {
        templates.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ", ")
    }

    /// Two paths of which one contains the other; nil when every path can be set.
    package static func conflict(among keys: [String]) -> (outer: String, inner: String)? {
        let known = Set(keys)
        for key in keys.sorted() {
            var outer = Substring(key)
            while let dot = outer.lastIndex(of: ".") {
                outer = outer[..<dot]
                if known.contains(String(outer)) { return (String(outer), key) }
            }
        }
        return nil
    }

    /// Checks a path into a chart's values, which becomes part of Helm's `--set-literal KEY=VALUE` and must not contain
    /// Helm's syntax.
    private static func check(key: String) throws(CapsuleError) {
        let segments = key.split(separator: ".", omittingEmptySubsequences: false)
        let valid = segments.allSatisfy { segment in
            !segment.isEmpty && segment.first != "-"
                && segment.utf8.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-") }
        }
        guard valid, key.utf8.count <= 255 else {
            throw CapsuleError(
                .invalidName, "\(quoted(key)) is not a values path; write names joined by dots, such as image.tag")
        }
    }

    private static func check(_ template: String) throws(CapsuleError) {
        guard template.utf8.count <= 1024, template.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) else {
            throw CapsuleError(
                .invalidName,
                "\(quoted(template.prefix(100))) is not usable; write at most 1024 printable ASCII characters")
        }
        var rest = Substring(template)
        while let brace = rest.firstIndex(where: { $0 == "{" || $0 == "}" }) {
            let end = rest[brace] == "{" ? rest[brace...].firstIndex(of: "}") : nil
            guard let end, Part(rawValue: String(rest[rest.index(after: brace)..<end])) != nil else {
                let parts = Part.allCases.map { "{\($0.rawValue)}" }.joined(separator: " ")
                throw CapsuleError(
                    .invalidName, "\(quoted(template)) has a brace that is not one of \(parts)")
            }
            rest = rest[rest.index(after: end)...]
        }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }

    private static func fill(_ template: String, _ image: ReleaseManifest.Image) -> String {
        var text = ""
        var rest = Substring(template)
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            text += rest[..<open]
            if let part = Part(rawValue: String(rest[rest.index(after: open)..<close])) { text += image.text(of: part) }
            rest = rest[rest.index(after: close)...]
        }
        return text + rest
    }
}

extension HelmValues: Codable {
    /// Decodes a map from path to template.
    package init(from decoder: any Decoder) throws {
        try self.init(decoder.singleValueContainer().decode([String: String].self))
    }

    /// Encodes a map from path to template.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(templates)
    }
}

extension ReleaseManifest.Image {
    fileprivate func text(of part: HelmValues.Part) -> String {
        switch part {
        case .registry: repoURL.registry
        case .repository: repoURL.description
        case .path: repoURL.name
        case .tag: tag.description
        case .digest: digest?.description ?? ""
        case .hex: digest?.hex ?? ""
        case .reference: "\(repoURL):\(tag)" + (digest.map { "@\($0)" } ?? "")
        }
    }
}

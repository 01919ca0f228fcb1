package import Documents
internal import FoundationEssentials
internal import Support

extension ReleaseManifest {
    /// The data as canonical JSON: keys sorted, no white space, UTF-8. The capsule's config holds it as a label.
    ///
    /// - Throws: `DocumentError.Code.invalidDocument`
    package func canonicalJSON() throws(DocumentError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return try Array(encoder.encode(self))
        } catch {
            throw DocumentError(.invalidDocument, "the release cannot be written as JSON", cause: error)
        }
    }

    /// Decodes the data that a config holds. The bytes must be exactly those that `canonicalJSON()` returns for the data, so unknown keys,
    /// duplicate keys, other spellings and trailing bytes are rejected.
    ///
    /// - Throws: `DocumentError.Code.invalidDocument`, `.limitExceeded`
    package static func decode(json: [UInt8]) throws(DocumentError) -> ReleaseManifest {
        guard json.count <= CapsuleFormat.maximumReleaseSize else {
            throw DocumentError(
                .limitExceeded,
                "the release in the config has \(json.count) bytes; the limit is \(CapsuleFormat.maximumReleaseSize)")
        }
        let release: ReleaseManifest
        do {
            release = try JSONDecoder().decode(ReleaseManifest.self, from: Data(json))
        } catch {
            throw DocumentError(
                .invalidDocument, "the config does not hold the JSON of a release: \(error.message)", cause: error)
        }
        let canonical = try release.canonicalJSON()
        guard canonical == json else {
            let offset = zip(canonical, json).prefix { $0 == $1 }.count
            throw DocumentError(
                .invalidDocument,
                "the release in the config is not in canonical form: it differs at byte \(offset) (unknown or repeated key, other order, "
                    + "white space, or trailing bytes); build the capsule with `capsule build`")
        }
        if let problem = release.schemaProblem(in: .capsule) {
            throw DocumentError(.invalidDocument, "the config: \(problem.message)")
        }
        return release
    }
}

package import OCI

/// The result of publishing. In both cases the tag names exactly this digest now.
package enum Publication: Sendable, Hashable {
    /// The capsule was published now.
    case published(Digest)
    /// The same capsule was published before.
    case unchanged(Digest)

    /// The capsule's digest.
    package var digest: Digest {
        switch self {
        case .published(let digest), .unchanged(let digest): digest
        }
    }
}

extension Publication: Codable {
    private enum CodingKeys: String, CodingKey { case outcome, digest }
    private enum Outcome: String, Codable { case published, unchanged }

    /// Decodes `{"outcome": …, "digest": …}`.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let digest = try container.decode(Digest.self, forKey: .digest)
        switch try container.decode(Outcome.self, forKey: .outcome) {
        case .published: self = .published(digest)
        case .unchanged: self = .unchanged(digest)
        }
    }

    /// Encodes `{"outcome": …, "digest": …}`.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .published: try container.encode(Outcome.published, forKey: .outcome)
        case .unchanged: try container.encode(Outcome.unchanged, forKey: .outcome)
        }
        try container.encode(digest, forKey: .digest)
    }
}

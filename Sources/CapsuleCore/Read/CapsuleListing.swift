internal import Archive
public import OCI
public import Support

/// The releases in a repository, newest first, as `capsule list` shows them. Only manifests are read.
public struct CapsuleListing: Codable, Sendable {
    /// One release, as its manifest's annotations describe it.
    public struct Release: Codable, Sendable, Hashable {
        /// The form; nil for a capsule.
        public var form: ReleaseForm?
        /// The release's identity.
        public let release: ReleaseIdentity
        /// The capsule's digest.
        public let digest: Digest
        /// The commit's time, RFC 3339; nil when the manifest has none.
        public let created: String?
        /// The image as `repo:tag`.
        public let image: String?
        /// The image's digest.
        public let imageDigest: String?
        /// The package's kind.
        public let packageKind: String?
    }

    /// A tag with the form of a release whose content is not one.
    public struct Rejected: Codable, Sendable, Hashable {
        /// The tag.
        public let tag: Tag
        /// The digest that it names; nil when it could not be resolved.
        public let digest: Digest?
        /// The reasons why it is not a release.
        public let findings: [Finding]
    }

    /// The version of this JSON.
    public var schemaVersion = CapsuleFormat.documentSchema
    /// The repository.
    public let place: String
    /// The releases, newest first.
    public let releases: [Release]
    /// Tags with the form of a release whose content is not one.
    public let rejected: [Rejected]
    /// The number of releases that a selection left out; nil for all releases.
    public private(set) var omitted: Int?

    /// The newest releases of the list.
    ///
    /// - Parameters:
    ///   - limit: the maximum number of releases; nil for all.
    ///   - since: leaves out older releases, and those without a time, in seconds since 1970; nil for all.
    public func newest(_ limit: Int?, since: Int64?) -> CapsuleListing {
        guard limit != nil || since != nil else { return self }
        let oldest = since.map(CapsuleFormat.timestamp) ?? ""
        let selected = releases.prefix { ($0.created ?? "") >= oldest }.prefix(limit ?? releases.count)
        var listing = CapsuleListing(place: place, releases: Array(selected), rejected: rejected)
        listing.omitted = releases.count - selected.count
        return listing
    }

    /// Reads the manifests of all tags that are release identities, a few at a time. Other tags, such as those of
    /// signatures, are skipped.
    ///
    /// - Throws: `OCIError` when the store cannot be read.
    public static func read(_ source: any ContentSource, width: Int = 4) async throws -> CapsuleListing {
        let tags = try await source.tags().compactMap { tag in
            (try? ReleaseIdentity(tag.description)).map { (tag, $0) }
        }
        let entries = try await concurrently(tags, width: width) { tag, identity in
            try await entry(tag, identity, in: source)
        }
        var releases: [Release] = []
        var rejected: [Rejected] = []
        for case let entry? in entries {
            switch entry {
            case .release(let release): releases.append(release)
            case .rejected(let other): rejected.append(other)
            }
        }
        // The times have one fixed form, so the order of their texts is the order of the times.
        releases.sort { left, right in
            let (newer, older) = (left.created ?? "", right.created ?? "")
            return newer == older ? left.release.commit < right.release.commit : newer > older
        }
        return CapsuleListing(place: source.reference.description, releases: releases, rejected: rejected)
    }

    private init(place: String, releases: [Release], rejected: [Rejected]) {
        self.place = place
        self.releases = releases
        self.rejected = rejected
    }

    /// The errors about the content of one tag, which do not end the list of the others.
    private static let aboutContent: [OCIError.Code] = [
        .contentMismatch, .tooLarge, .notFound, .invalidManifest, .protocolViolation,
    ]

    private enum Entry: Sendable {
        case release(Release)
        case rejected(Rejected)
    }

    private static func entry(_ tag: Tag, _ identity: ReleaseIdentity, in source: any ContentSource) async throws
        -> Entry?
    {
        var digest: Digest?
        do {
            // Nil when the tag was deleted after the tags were listed.
            guard let raw = try await source.manifest(tag) else { return nil }
            digest = raw.descriptor.digest
            let manifest = try await CapsuleReader.check(raw, from: source)
            let revision = manifest.annotations[CapsuleFormat.Annotation.revision]
            guard revision == identity.commit.description else {
                return .rejected(
                    Rejected(
                        tag: tag, digest: digest,
                        findings: [
                            Finding(
                                rule: "identity.tag", message: "its manifest names commit \(quoted(revision ?? ""))",
                                remedy: "publish the release again under its own tag")
                        ]))
            }
            return .release(
                Release(
                    form: manifest.form.reported, release: identity, digest: raw.descriptor.digest,
                    created: CapsuleFormat.timestamp(manifest.created),
                    image: manifest.annotations[CapsuleFormat.Annotation.imageRef],
                    imageDigest: manifest.annotations[CapsuleFormat.Annotation.imageDigest],
                    packageKind: manifest.annotations[CapsuleFormat.Annotation.packageKind]))
        } catch let error as CapsuleError where error.code == .notACapsule {
            return .rejected(Rejected(tag: tag, digest: digest, findings: error.findings))
        } catch let error as OCIError where Self.aboutContent.contains(error.code) {
            if digest == nil { digest = (try? await source.resolve(tag))??.digest }
            return .rejected(
                Rejected(
                    tag: tag, digest: digest,
                    findings: [
                        Finding(
                            rule: "capsule.manifest", message: error.message, remedy: "publish the release again")
                    ]))
        }
    }
}

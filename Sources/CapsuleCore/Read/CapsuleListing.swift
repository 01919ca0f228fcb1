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
    public private(set) var releases: [Release]
    /// Tags with the form of a release whose content is not one.
    public private(set) var rejected: [Rejected]
    /// The number of releases that a selection left out; nil for all releases.
    public private(set) var omitted: Int?

    /// The releases that a list shows: all of them, or the newest.
    public struct Selection: Sendable {
        /// The maximum number of releases; nil for all.
        public var limit: Int?
        /// The time in seconds since 1970 from which commits are shown, and only those with a time; nil for all.
        public var since: Int64?

        /// Selects releases.
        public init(limit: Int? = nil, since: Int64? = nil) {
            self.limit = limit
            self.since = since
        }

        var isEverything: Bool { limit == nil && since == nil }

        func of(_ releases: [Release]) -> [Release] {
            let oldest = since.map(CapsuleFormat.timestamp) ?? ""
            return Array(releases.prefix { ($0.created ?? "") >= oldest }.prefix(limit ?? releases.count))
        }
    }

    /// Reads the manifests of all tags that are release identities, a few at a time. Other tags, such as those of
    /// signatures, are skipped.
    ///
    /// A manifest never changes. Where releases are selected, a tag that this user has read before is looked up again only
    /// when its release is among the selected ones: a release has one time, so a tag that was moved does not hide a newer one.
    ///
    /// - Throws: `OCIError` when the store cannot be read.
    public static func read(
        _ source: any ContentSource, _ selection: Selection = .init(), width: Int = 4
    ) async throws -> CapsuleListing {
        let tags = try await source.tags().compactMap { tag in
            (try? ReleaseIdentity(tag.description)).map { (tag, $0) }
        }
        var known: [Release] = []
        if !selection.isEverything {
            known = try await concurrently(tags, width: width) { tag, identity in
                guard let raw = await source.lastManifest(tag) else { return nil }
                return (try? CapsuleManifest(raw)).flatMap { release(identity, $0) }
            }.compactMap(\.self)
        }
        var listing = CapsuleListing(place: source.reference.description, releases: known, rejected: [])
        var unread = Set(tags.map(\.1)).subtracting(known.map(\.release))
        repeat {
            let reading = tags.filter { unread.contains($0.1) }
            listing.add(
                try await concurrently(reading, width: width) { try await entry($0, $1, in: source) }, read: unread)
            unread = Set(selection.of(listing.releases).map(\.release)).intersection(known.map(\.release))
            known.removeAll { unread.contains($0.release) }
        } while !unread.isEmpty
        guard !selection.isEverything else { return listing }
        let count = listing.releases.count
        listing.releases = selection.of(listing.releases)
        listing.omitted = count - listing.releases.count
        return listing
    }

    /// Replaces the releases that were read by what was found, and keeps the order.
    private mutating func add(_ entries: [Entry?], read: Set<ReleaseIdentity>) {
        releases.removeAll { read.contains($0.release) }
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
        rejected.sort { $0.tag < $1.tag }
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

    /// A release as its manifest describes it; nil when the manifest names another commit.
    private static func release(_ identity: ReleaseIdentity, _ manifest: CapsuleManifest) -> Release? {
        guard manifest.annotations[CapsuleFormat.Annotation.revision] == identity.commit.description else { return nil }
        return Release(
            form: manifest.form.reported, release: identity, digest: manifest.digest,
            created: CapsuleFormat.timestamp(manifest.created),
            image: manifest.annotations[CapsuleFormat.Annotation.imageRef],
            imageDigest: manifest.annotations[CapsuleFormat.Annotation.imageDigest],
            packageKind: manifest.annotations[CapsuleFormat.Annotation.packageKind])
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
            guard let release = release(identity, manifest) else {
                let revision = manifest.annotations[CapsuleFormat.Annotation.revision]
                return .rejected(
                    Rejected(
                        tag: tag, digest: digest,
                        findings: [
                            Finding(
                                rule: "identity.tag", message: "its manifest names commit \(quoted(revision ?? ""))",
                                remedy: "publish the release again under its own tag")
                        ]))
            }
            return .release(release)
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

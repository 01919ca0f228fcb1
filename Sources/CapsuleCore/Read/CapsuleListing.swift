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

        /// The number of releases that are shown, of those with these times, newest first.
        func count(of times: [String]) -> Int {
            let oldest = since.map(CapsuleFormat.timestamp) ?? ""
            return min(times.prefix { $0 >= oldest }.count, limit ?? .max)
        }
    }

    /// Reads the manifests of all tags that are release identities, a few at a time. Other tags, such as those of
    /// signatures, are skipped.
    ///
    /// A manifest never changes, so that of a tag which still names the same one is not read again. Where releases are
    /// selected, a tag that this user has read before is looked up again only when its release is among the selected ones: a
    /// release has one time, so a tag that was moved does not hide a newer one.
    ///
    /// - Throws: `OCIError` when the store cannot be read.
    public static func read(
        _ source: any ContentSource, _ selection: Selection = .init(), width: Int = 4
    ) async throws -> CapsuleListing {
        let tags = try await source.tags().filter { (try? ReleaseIdentity($0.description)) != nil }
        let memory = ListMemory(await source.remembered(), of: tags)
        let listing: CapsuleListing
        do { listing = try await read(tags, memory, source, selection, width: width) } catch {
            await memory.save(in: source)
            throw error
        }
        await memory.save(in: source)
        return listing
    }

    private static func read(
        _ tags: [Tag], _ memory: ListMemory, _ source: any ContentSource, _ selection: Selection, width: Int
    ) async throws -> CapsuleListing {
        var listing = CapsuleListing(place: source.reference.description, releases: [], rejected: [])
        // The releases that were not looked up.
        var known = selection.isEverything ? [:] : memory.manifests
        var unread = tags.filter { known[$0] == nil }
        repeat {
            listing.add(try await concurrently(unread, width: width) { try await entry($0, memory, in: source) })
            let places = (listing.releases.map(Place.init) + known.values.compactMap(Place.init)).sorted()
            unread = places.prefix(selection.count(of: places.map(\.created))).compactMap { place in
                known.removeValue(forKey: place.release.tag)?.tag
            }
        } while !unread.isEmpty
        guard !selection.isEverything else { return listing }
        let found = listing.releases
        listing.releases = Array(found.prefix(selection.count(of: found.map { $0.created ?? "" })))
        listing.omitted = found.count + known.count - listing.releases.count
        return listing
    }

    /// The place of a release in a list: the newest first, and those of one time by their commits. The times have one fixed
    /// form, so the order of their texts is the order of the times.
    private struct Place: Comparable {
        let created: String
        let release: ReleaseIdentity

        init(_ release: Release) { (created, self.release) = (release.created ?? "", release.release) }

        init?(_ known: RememberedManifest) {
            guard let release = try? ReleaseIdentity(known.tag.description) else { return nil }
            (created, self.release) = (known.created, release)
        }

        static func < (left: Place, right: Place) -> Bool {
            left.created == right.created
                ? left.release.commit < right.release.commit : left.created > right.created
        }
    }

    private mutating func add(_ entries: [Entry?]) {
        for case let entry? in entries {
            switch entry {
            case .release(let release): releases.append(release)
            case .rejected(let other): rejected.append(other)
            }
        }
        releases.sort { Place($0) < Place($1) }
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

    private static func entry(_ tag: Tag, _ memory: ListMemory, in source: any ContentSource) async throws -> Entry? {
        func rejected(_ digest: Digest?, _ findings: [Finding]) -> Entry {
            .rejected(Rejected(tag: tag, digest: digest, findings: findings))
        }
        let identity = try ReleaseIdentity(tag.description)
        var digest: Digest?
        do {
            // Nil when the tag was deleted after the tags were listed.
            guard let raw = try await memory.manifest(tag, from: source) else { return nil }
            digest = raw.descriptor.digest
            let manifest = try await CapsuleReader.check(raw, from: source)
            guard let release = release(identity, manifest) else {
                let revision = manifest.annotations[CapsuleFormat.Annotation.revision]
                return rejected(
                    digest,
                    [
                        Finding(
                            rule: "identity.tag", message: "its manifest names commit \(quoted(revision ?? ""))",
                            remedy: "publish the release again under its own tag")
                    ])
            }
            memory.keep(RememberedManifest(raw, tag: tag, created: release.created ?? ""))
            return .release(release)
        } catch let error as CapsuleError where error.code == .notACapsule {
            return rejected(digest, error.findings)
        } catch let error as OCIError where Self.aboutContent.contains(error.code) {
            if digest == nil { digest = (try? await source.resolve(tag))??.digest }
            return rejected(
                digest,
                [Finding(rule: "capsule.manifest", message: error.message, remedy: "publish the release again")])
        }
    }
}

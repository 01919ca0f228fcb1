internal import Support

/// The content that a copy transfers, in order.
struct CopyPlan: Sendable {
    /// A tag that carries evidence about a manifest, as cosign writes it.
    struct EvidenceTag: Sendable {
        var tag: Tag
        var manifest: Descriptor
    }

    /// Content without children, sorted by digest.
    private(set) var blobs: [Descriptor] = []
    /// Manifests, children before parents and subjects before what is attached to them.
    private(set) var levels: [[Descriptor]] = []
    /// The manifests that are attached to another.
    private(set) var attached: Set<Digest> = []
    /// The subjects of the manifests that have one, by the digest of the manifest.
    private(set) var subjects: [Digest: Digest] = [:]
    /// Manifests in lists of referrers that do not refer to the subject of the list. They are not copied.
    private(set) var foreign: Set<Digest> = []
    /// The evidence tags to copy.
    private(set) var evidenceTags: [EvidenceTag] = []

    /// The number of blobs and manifests.
    var items: Int { blobs.count + levels.reduce(0) { $0 + $1.count } }
    /// The total size of the blobs and manifests in bytes.
    var bytes: Int64 { (blobs + levels.joined()).reduce(0) { $0.addingClamped($1.size) } }

    // A digest may name both a manifest and a blob. Registries store the two separately, so the plan distinguishes
    // them.
    private struct Key: Hashable {
        var digest: Digest
        var isManifest: Bool
        init(_ descriptor: Descriptor) {
            digest = descriptor.digest
            isManifest = MediaType.isManifest(descriptor.mediaType)
        }
    }
    private struct Visit: Sendable {
        var descriptor: Descriptor
        var depth: Int
        var attachedDepth: Int
        /// The manifest, if it was read and is small.
        var manifest: RawManifest?
    }
    private struct Expansion: Sendable {
        var visit: Visit
        var children: [Descriptor]
        var subject: Digest?
        var referrers: [Referrer] = []
        var foreign: [Digest] = []
        var evidence: [EvidenceTag] = []
    }

    /// Walks the graph below `root`, and what is attached to it.
    ///
    /// - Throws: `OCIError.Code.tooLarge` at a limit of ``CopyLimits``, `.invalidManifest` for a cycle or for one digest
    ///   with two sizes, and the errors of reading a manifest.
    init(_ root: Descriptor, in source: any ContentSource, options: CopyOptions) async throws {
        guard MediaType.isManifest(root.mediaType) else {
            throw OCIError(
                .invalidManifest, "\(root.digest) in \(source.reference) is \(quoted(root.mediaType)), not a manifest")
        }
        var seen: [Key: Descriptor] = [Key(root): root]
        var needs: [Digest: Set<Digest>] = [:]
        var frontier = [Visit(descriptor: root, depth: 0, attachedDepth: 0)]
        while !frontier.isEmpty {
            let expansions = try await concurrently(frontier, width: options.width) { visit in
                try await Self.expand(visit, in: source, options)
            }
            frontier = []
            for expansion in expansions {
                let visit = expansion.visit
                subjects[visit.descriptor.digest] = expansion.subject
                needs[visit.descriptor.digest, default: []].formUnion(expansion.subject.map { [$0] } ?? [])
                var next = expansion.children.map {
                    Visit(descriptor: $0, depth: visit.depth + 1, attachedDepth: visit.attachedDepth)
                }
                foreign.formUnion(expansion.foreign)
                let attachments = expansion.referrers + expansion.evidence.map { Referrer($0.manifest) }
                next += attachments.map {
                    Visit(
                        descriptor: $0.descriptor, depth: 0, attachedDepth: visit.attachedDepth + 1,
                        manifest: $0.manifest)
                }
                attached.formUnion(attachments.map(\.descriptor.digest))
                evidenceTags += expansion.evidence
                for visit in next {
                    let key = Key(visit.descriptor)
                    if let known = seen[key] {
                        guard known.size == visit.descriptor.size else {
                            throw OCIError(
                                .invalidManifest, "\(key.digest) is given two sizes below \(root.digest)")
                        }
                        continue
                    }
                    seen[key] = visit.descriptor
                    if key.isManifest {
                        frontier.append(visit)
                    } else {
                        blobs.append(visit.descriptor)
                    }
                }
                needs[visit.descriptor.digest, default: []].formUnion(
                    expansion.children.filter { MediaType.isManifest($0.mediaType) }.map(\.digest))
                try Self.check(seen.count, attached.count, frontier, root: root)
            }
        }
        blobs.sort { $0.digest < $1.digest }
        evidenceTags.sort { $0.tag < $1.tag }
        let manifests = seen.filter(\.key.isManifest).map(\.value)
        levels = try Self.levels(manifests, needs: needs, root: root)
    }

    private static func expand(
        _ visit: Visit, in source: any ContentSource, _ options: CopyOptions
    ) async throws -> Expansion {
        let manifest = if let read = visit.manifest { read } else { try await source.manifest(visit.descriptor) }
        let links = try manifest.links()
        let digest = visit.descriptor.digest
        var expansion = Expansion(
            visit: visit, children: links.children, subject: links.subject?.digest)
        guard options.referrers else { return expansion }
        try await list(of: digest, in: source, options, &expansion)
        // cosign attaches its tags to deployed manifests, not to other evidence.
        guard visit.attachedDepth == 0 else { return expansion }
        for suffix in ["sig", "att", "sbom"] {
            guard let tag = try? Tag("\(digest.algorithm.rawValue)-\(digest.hex).\(suffix)"),
                let manifest = try await source.resolve(tag)
            else { continue }
            expansion.evidence.append(EvidenceTag(tag: tag, manifest: manifest))
        }
        return expansion
    }

    /// Reads what is listed as attached to a manifest. Everyone who can push can write such a list, so each entry must refer
    /// to the manifest; the others are left out.
    private static func list(
        of digest: Digest, in source: any ContentSource, _ options: CopyOptions, _ expansion: inout Expansion
    ) async throws {
        let listed = try await source.listReferrers(of: digest)
        guard listed.count <= CopyLimits.attached else {
            throw tooLarge(digest, "more than \(CopyLimits.attached) attached manifests")
        }
        let read = try await concurrently(listed, width: options.width) { entry -> (Referrer, Bool) in
            let manifest =
                if let read = entry.manifest { read } else { try await source.manifest(entry.descriptor) }
            let isKept = manifest.bytes.count <= CopyLimits.keptManifest
            return (
                Referrer(entry.descriptor, manifest: isKept ? manifest : nil),
                try manifest.subject()?.digest == digest
            )
        }
        expansion.referrers = read.filter(\.1).map(\.0)
        expansion.foreign = read.filter { !$0.1 }.map(\.0.descriptor.digest)
    }

    private static func tooLarge(_ root: Digest, _ excess: String) -> OCIError {
        OCIError(.tooLarge, "\(root) has \(excess), which is the limit of a copy")
    }

    private static func check(_ items: Int, _ attached: Int, _ frontier: [Visit], root: Descriptor) throws(OCIError) {
        let excess: String? =
            if items > CopyLimits.items {
                "more than \(CopyLimits.items) manifests and blobs"
            } else if attached > CopyLimits.attached {
                "more than \(CopyLimits.attached) attached manifests"
            } else if frontier.contains(where: { $0.depth > CopyLimits.depth }) {
                "more than \(CopyLimits.depth) levels of indexes"
            } else if frontier.contains(where: { $0.attachedDepth > CopyLimits.attachedDepth }) {
                "more than \(CopyLimits.attachedDepth) levels of attached manifests"
            } else {
                nil
            }
        if let excess { throw tooLarge(root.digest, excess) }
    }

    /// Sorts manifests so that each follows those it needs, without recursion: an untrusted graph may have any depth.
    private static func levels(
        _ manifests: [Descriptor], needs: [Digest: Set<Digest>], root: Descriptor
    ) throws(OCIError) -> [[Descriptor]] {
        let present = Set(manifests.map(\.digest))
        var missing: [Digest: Int] = [:]
        var parents: [Digest: [Digest]] = [:]
        for manifest in manifests {
            let children = (needs[manifest.digest] ?? []).intersection(present)
            missing[manifest.digest] = children.count
            for child in children { parents[child, default: []].append(manifest.digest) }
        }
        let descriptors = Dictionary(manifests.map { ($0.digest, $0) }) { first, _ in first }
        var levels: [[Descriptor]] = []
        var ready = missing.filter { $0.value == 0 }.map(\.key)
        var sorted = 0
        while !ready.isEmpty {
            levels.append(ready.sorted().compactMap { descriptors[$0] })
            sorted += ready.count
            var next: [Digest] = []
            for digest in ready {
                for parent in parents[digest] ?? [] {
                    missing[parent, default: 0] -= 1
                    if missing[parent] == 0 { next.append(parent) }
                }
            }
            ready = next
        }
        guard sorted == manifests.count else {
            throw OCIError(.invalidManifest, "the manifests below \(root.digest) refer to each other in a circle")
        }
        return levels
    }
}

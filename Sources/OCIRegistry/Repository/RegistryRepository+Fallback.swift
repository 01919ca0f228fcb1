internal import Documents
internal import HTTPMessages
internal import OCI
internal import Support

extension RegistryRepository {
    /// Concurrent writers of one list each read, add and write. A writer checks the list again after this time, by when the
    /// others have written too: reading and writing a small manifest takes less.
    private static let settling: Duration = .milliseconds(300)
    /// The limit for rewriting a list that another writer has overwritten. Twenty concurrent writers need about twenty rounds.
    private static let fallbackTries = 60
    /// The upper bound of the pause before a list is rewritten.
    private static let longestPause: Duration = .seconds(1)

    /// Adds manifests to the list of their subject's referrers under the fallback tag, on a registry without the referrers
    /// API. Registries have no conditional writes, so the list is read again after writing, and once more later.
    /// [Pushing manifests with subject](https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-manifests-with-subject)
    func addToFallback(_ manifests: [RawManifest], subject: Digest) async throws {
        let digests = manifests.map(\.descriptor.digest)
        let tag = Self.fallbackTag(subject)
        try await fallbackLocks.withLock("\(repository):\(tag)") {
            var hasWritten = false
            let clock = configuration.clock
            for attempt in 0..<Self.fallbackTries {
                var current = try await fetchManifest(tag, expected: nil)
                if current == nil {
                    // A registry may briefly return 404 while another writer moves the tag; a new list would then drop the
                    // entries of others.
                    try await clock.sleep(for: .milliseconds(20))
                    current = try await fetchManifest(tag, expected: nil)
                }
                if let current, !MediaType.isIndex(current.descriptor.mediaType) {
                    throw OCIError(
                        .refused,
                        "\(repository) has no referrers API and answers the tag \(tag) with the manifest "
                            + "\(current.descriptor.digest.short), so it cannot list what refers to \(subject)")
                }
                let list = try ReferrersList(current)
                var before = current
                if list.contains(digests) {
                    guard hasWritten else { return }
                } else {
                    try await write(list.adding(manifests), under: tag, subject: subject)
                    hasWritten = true
                    before = try await fetchManifest(tag, expected: nil)
                    guard try ReferrersList(before).contains(digests) else {
                        let wait = min(.milliseconds(25) * (attempt + 1), Self.longestPause)
                        try await clock.sleep(for: wait * configuration.random())
                        continue
                    }
                }
                // While the list changes, another writer may still write one that it read before ours was in it.
                try await clock.sleep(for: Self.settling * (1 + configuration.random()))
                let after = try await fetchManifest(tag, expected: nil)
                if after?.descriptor.digest == before?.descriptor.digest, try ReferrersList(after).contains(digests) {
                    return
                }
            }
            throw OCIError(
                .unavailable,
                "listing \(digests.map(\.description).joined(separator: ", ")) among the referrers of \(subject) in "
                    + "\(repository): other writers kept overwriting the tag \(tag); try again")
        }
    }

    private func write(_ list: RawManifest, under tag: String, subject: Digest) async throws {
        do {
            try await put(list, reference: tag)
        } catch let error as OCIError where error.code == .tagExists {
            throw OCIError(
                .tagExists,
                "\(repository) has no referrers API and does not let the tag \(tag) be changed, so it holds the signatures and "
                    + "attestations of \(subject) that were attached first and no more; limit the rule for immutable tags to "
                    + "git-*: \(error.message)", cause: error)
        }
    }
}

/// The list under a fallback tag. Entries of other writers are kept unchanged, unknown fields included.
private struct ReferrersList {
    private var members: [JSONMember]

    init(_ index: RawManifest?) throws {
        guard let index else {
            members = [
                JSONMember(key: "schemaVersion", value: 2),
                JSONMember(key: "mediaType", value: .string(MediaType.imageIndex)),
                JSONMember(key: "manifests", value: []),
            ]
            return
        }
        _ = try index.imageIndex()
        members = try index.json().members ?? []
    }

    private var entries: [JSONValue] { members.first { $0.key == "manifests" }?.value.array ?? [] }

    /// True when every manifest is listed.
    func contains(_ digests: [Digest]) -> Bool {
        Set(digests.map(\.description)).isSubset(of: listed)
    }

    private var listed: Set<String> { Set(entries.compactMap { $0["digest"]?.string }) }

    /// The list with those manifests that it lacks.
    func adding(_ manifests: [RawManifest]) throws -> RawManifest {
        let listed = listed
        let added = try manifests.filter { !listed.contains($0.descriptor.digest.description) }.map(Self.entry)
        let entries = JSONMember(key: "manifests", value: .array(entries + added))
        let list = JSONValue.object(members.map { $0.key == "manifests" ? entries : $0 })
        let bytes = Array(list.compactText.utf8)
        guard bytes.count <= RawManifest.maximumSize else {
            throw OCIError(.tooLarge, "the list of referrers has grown beyond \(RawManifest.maximumSize) bytes")
        }
        return RawManifest(
            bytes: bytes, descriptor: Descriptor(mediaType: MediaType.imageIndex, content: bytes))
    }

    private static func entry(_ manifest: RawManifest) throws -> JSONValue {
        let described = try manifest.referrerDescriptor()
        return [
            "mediaType": .string(manifest.descriptor.mediaType),
            "digest": .string(manifest.descriptor.digest.description),
            "size": .number(String(manifest.descriptor.size)),
            "artifactType": described.artifactType.map { .string($0) },
            "annotations": described.annotations.map { annotations in
                .object(
                    annotations.sorted { $0.key < $1.key }.map { JSONMember(key: $0.key, value: .string($0.value)) })
            },
        ]
    }
}

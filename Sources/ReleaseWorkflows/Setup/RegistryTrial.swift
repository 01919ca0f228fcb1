internal import CapsuleTrust
internal import Documents
internal import OCI
internal import Signing

/// Tries what a registry can hold: writes a small image and signatures of it, and removes them.
struct RegistryTrial: Sendable {
    /// What was found.
    struct Outcome: Sendable {
        /// True when a tag could be changed.
        var tagsCanBeChanged = false
        /// The forms of the first signature.
        var first: ReleaseSigner.Report?
        /// The reason why no signature, or no second one, could be stored; nil when both are there.
        var refusal: String?
        /// The tags that could not be removed.
        var left: [String] = []
    }

    let repository: Repository
    let store: any ContentStore & RegistryDescribing

    /// Writes the image and its signatures, records what the registry accepted, and removes everything.
    ///
    /// - Throws: the error of a registry that does not accept the image.
    func run() async throws -> Outcome {
        let tag = try Tag("capsule-doctor-\(String(UInt64.random(in: .min ... .max), radix: 16))")
        let memory = MemoryStore()
        let image = try Self.image(1, in: memory)
        let other = try Self.image(2, in: memory)
        var outcome = Outcome()
        do {
            _ = try await copy(image, from: memory, to: store, tag: tag, options: CopyOptions(referrers: false))
            _ = try await copy(other, from: memory, to: store, tag: nil, options: CopyOptions(referrers: false))
            outcome.tagsCanBeChanged = try await changes(tag, to: other)
            try await sign(image, &outcome)
            outcome.left = try await remove(tag, image, other)
            return outcome
        } catch {
            await removeAfterFailure(tag, image, other)
            throw error
        }
    }

    /// The limit for removing everything after a failure or an interruption: the registry may be what the run waited for.
    private static let removalLimit: Duration = .seconds(10)

    /// Removes what was written, also in a task that was cancelled, whose requests would fail at once.
    private func removeAfterFailure(_ tag: Tag, _ image: Descriptor, _ other: Descriptor) async {
        let removal = Task { try await remove(tag, image, other) }
        let limit = Task {
            try await Task.sleep(for: Self.removalLimit)
            removal.cancel()
        }
        _ = try? await removal.value
        limit.cancel()
    }

    private func changes(_ tag: Tag, to other: Descriptor) async throws -> Bool {
        do {
            try await store.tag(other, as: tag)
            return true
        } catch let error as OCIError where Self.isRefusal(error) {
            return false
        }
    }

    /// Two keys sign: a registry without the referrers API whose tags cannot be changed holds one list of referrers, which
    /// cannot grow.
    private func sign(_ image: Descriptor, _ outcome: inout Outcome) async throws {
        do {
            outcome.first = try await ReleaseSigner(key: SigningKey(), repository: repository).sign(image, in: store)
            _ = try await ReleaseSigner(key: SigningKey(), repository: repository).sign(image, in: store)
        } catch let error as OCIError where Self.isRefusal(error) {
            outcome.refusal = error.message
        }
    }

    /// Removes what was written, as much of it as the registry lets be found. Returns the tags that are still there.
    private func remove(_ tag: Tag, _ image: Descriptor, _ other: Descriptor) async throws -> [String] {
        let hex = image.digest.hex
        let tags = try [tag, Tag("sha256-\(hex).sig"), Tag("sha256-\(hex)")]
        var digests = [image.digest, other.digest]
        digests += ((try? await store.referrers(of: image.digest)) ?? []).map(\.digest)
        for tag in tags {
            if let there = try? await store.resolve(tag)?.digest, !digests.contains(there) { digests.append(there) }
        }
        for digest in digests { await store.remove(digest) }
        var left: [String] = []
        for tag in tags where try await store.resolve(tag) != nil { left.append(tag.description) }
        return left
    }

    private static func isRefusal(_ error: OCIError) -> Bool {
        [.tagExists, .refused, .unsupported].contains(error.code)
    }

    /// An image of one small layer, whose config every registry accepts that checks configs.
    private static func image(_ number: Int, in memory: MemoryStore) throws -> Descriptor {
        let layer = memory.add(
            Array("capsule doctor \(number)\n".utf8), mediaType: "application/vnd.oci.image.layer.v1.tar")
        let config: JSONValue = [
            "architecture": "unknown", "os": "unknown",
            "rootfs": ["type": "layers", "diff_ids": [.string(layer.digest.description)]],
        ]
        let manifest = try RawManifest(
            encoding: ImageManifest(
                config: memory.add(Array(config.compactText.utf8), mediaType: MediaType.imageConfig), layers: [layer]))
        memory.add(manifest)
        return manifest.descriptor.target
    }
}

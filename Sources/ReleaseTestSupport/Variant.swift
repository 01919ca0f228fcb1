package import Archive
package import CapsuleCore
internal import CapsuleTestSupport
package import CapsuleTrust
package import OCI

/// A capsule for tests: what `capsule build` would make, and places to tamper with before each part is sealed by the next.
package struct Variant {
    package init() {}

    package static let commit = "0cc4cd87f40ae606d1822d5652b552f8c50a4668"
    package static let committed: Int64 = 1_767_323_045
    package static let imageRepository = "ghcr.io/example/shop"
    package static let capsulePlace = "ghcr.io/example/shop-capsule"

    package var tag = "git-\(commit)"
    package var files: [(String, String)] = [
        ("base/kustomization.yaml", "resources:\n  - deployment.yaml\n"),
        (
            "base/deployment.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: shop}\nspec: {containers: [{name: shop, image: shop}]}\n"
        ),
    ]
    /// Changes the release before anything is made from it.
    package var release: (inout ReleaseManifest) throws -> Void = { _ in }
    /// Changes what is written to `release.yaml`.
    package var yaml: (String) throws -> String = { $0 }
    /// Changes what is written to the config.
    package var config: ([UInt8]) throws -> [UInt8] = { $0 }
    /// Changes the entries of the layer.
    package var items: (inout [LayerItem]) throws -> Void = { _ in }
    /// The time of the layer's entries.
    package var modified = committed
    /// Changes the layer's bytes before the manifest names them.
    package var layer: ([UInt8]) throws -> [UInt8] = { $0 }
    /// Changes the manifest.
    package var manifest: (inout ImageManifest) throws -> Void = { _ in }
    /// Changes the manifest's bytes before its digest is taken.
    package var manifestBytes: ([UInt8]) throws -> [UInt8] = { $0 }

    /// The manifest of the image that the release is about.
    package static func image() throws -> RawManifest {
        try RawManifest(
            encoding: ImageManifest(
                config: Descriptor(mediaType: "application/vnd.oci.image.config.v1+json", content: Array("{}".utf8)),
                layers: []))
    }

    /// The registry that has the image.
    package static func imageStore(tag: String = "git-\(commit)") throws -> MemoryStore {
        let store = MemoryStore(.registry(try Repository(imageRepository)))
        store.add(try image(), tag: try Tag(tag))
        return store
    }

    package struct Made {
        package let store: MemoryStore
        package let release: ReleaseManifest
        package let layer: Descriptor
        package let config: Descriptor
        package let manifest: Descriptor
        package let bytes: [Digest: [UInt8]]
    }

    package func make() throws -> Made {
        let package = PackageTree(
            kind: .kustomize, entry: try TreeDirectory("base"),
            files: try files.map { PackageFile(path: try RelativePath($0), content: Array($1.utf8)) })
        let identity = try ReleaseIdentity("git-\(Self.commit)")
        var release = ReleaseManifest(
            gitCommit: identity.commit,
            source: .init(repository: "https://github.com/example/shop", path: "k8s/kustomize"),
            image: .init(
                repoURL: try Repository(Self.imageRepository), tag: identity.tag,
                digest: try Self.image().descriptor.digest),
            package: .init(
                kind: .kustomize, path: try RelativePath("package/kustomize"), entry: try TreeDirectory("base"),
                imageName: "shop", digest: package.digest),
            metadata: .init(
                sbomPath: try RelativePath("metadata/sbom.json"),
                provenancePath: try RelativePath("metadata/provenance.json")))
        let sound = release
        try self.release(&release)
        var items: [LayerItem] = [
            .file(path: "release.yaml", content: Array(try yaml(release.yaml()).utf8)),
            .file(
                path: "metadata/sbom.json",
                content: try SBOM.generate(sound, package: package, committed: Self.committed)),
            .file(path: "metadata/provenance.json", content: try Provenance.generate(sound)),
        ]
        items += package.files.map { .file(path: "package/kustomize/\($0.path)", content: $0.content) }
        try self.items(&items)
        let packed = try LayerWriter.pack(items, modified: modified)
        let layer = try layer(packed.bytes)
        let config = try config(
            try CapsuleConfig(
                release: release, created: Self.committed,
                unpackedLayer: Digest(algorithm: .sha256, hash: packed.unpackedSHA256)
            ).encoded())
        let store = MemoryStore(.registry(try Repository(Self.capsulePlace)))
        let configDescriptor = store.add(config, mediaType: MediaType.imageConfig)
        let layerDescriptor = store.add(layer, mediaType: MediaType.layerTarGzip)
        var manifest = ImageManifest(
            config: configDescriptor,
            layers: [
                Descriptor(
                    mediaType: MediaType.layerTarGzip, content: layer,
                    annotations: [CapsuleFormat.Annotation.title: CapsuleFormat.layerTitle])
            ],
            annotations: CapsuleFormat.annotations(of: release, committed: Self.committed))
        try self.manifest(&manifest)
        let raw = try RawManifest(detecting: try manifestBytes(try RawManifest(encoding: manifest).bytes))
        store.add(raw, tag: try Tag(tag))
        return Made(
            store: store, release: release, layer: layerDescriptor, config: configDescriptor,
            manifest: raw.descriptor,
            bytes: [
                layerDescriptor.digest: layer, configDescriptor.digest: config, raw.descriptor.digest: raw.bytes,
            ])
    }

    /// Makes the capsule and verifies it against the image's registry.
    package func verify(_ change: (inout VerificationRequest, Made) throws -> Void = { _, _ in }) async throws
        -> Verdict
    {
        let made = try make()
        var request = VerificationRequest(
            capsule: ArtifactReference(made.store.reference, tag: try Tag(tag)), source: made.store,
            imageRepository: try Repository(Self.imageRepository), packageKind: .kustomize)
        try change(&request, made)
        return try await Verifier(opener: MemoryOpener([try Self.imageStore()])).verify(request)
    }
}

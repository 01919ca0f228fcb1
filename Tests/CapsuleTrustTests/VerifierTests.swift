import CapsuleCore
import CapsuleReports
import CapsuleTestSupport
import CapsuleTrust
import OCI
import ReleaseTestSupport
import Testing

@Suite("Verifier", .timeLimit(.minutes(1)))
struct VerifierTests {
    @Test("verifies a sound release, and unpacks the bytes that it verified") func happy() async throws {
        let verdict = try await Variant().verify()
        guard case .verified(let capsule, let report) = verdict else {
            Issue.record("\(verdict.report.text())")
            return
        }
        #expect(report.checks.allSatisfy { $0.status == .pass } && report.checks.count == 15)
        #expect(capsule.committed == Variant.committed)
        #expect(capsule.freight.capsule.repoURL == Variant.capsulePlace)
        #expect(capsule.freight.image.digest == capsule.release.image.digest)
        #expect(
            try capsule.package().files.map(\.path.description) == ["base/deployment.yaml", "base/kustomization.yaml"])
        try await withTemporaryDirectory { directory in
            let unpacked = try capsule.unpack(to: "\(directory)/out")
            #expect(
                listTree(unpacked.packageDirectory) == ["base", "base/deployment.yaml", "base/kustomization.yaml"])
            #expect(throws: (any Error).self) { try capsule.unpack(to: "\(directory)/out") }
        }
    }

    @Test("takes a digest, and a digest with its tag") func digests() async throws {
        let pinned = try await Variant().verify { request, made in
            request.capsule.tag = nil
            request.capsule.digest = made.manifest.digest
        }
        #expect(pinned.report.ok, "\(pinned.report.text())")
        let both = try await Variant().verify { request, made in
            request.capsule.digest = made.manifest.digest
            request.pinnedDigest = made.manifest.digest
        }
        #expect(both.report.ok, "\(both.report.text())")
    }

    @Test("takes a digest whose tag is not in this store, and not one whose tag names something else")
    func mirrors() async throws {
        var variant = Variant()
        variant.tag = "mirrored"
        let absent = try await variant.verify { request, made in
            request.capsule = ArtifactReference(made.store.reference, digest: made.manifest.digest)
        }
        #expect(absent.report.ok, "\(absent.report.text())")
        #expect(absent.report.checks[4].evidence["tag"]?.hasPrefix("not in") == true)
        let moved = try await Variant().verify { request, made in
            made.store.add(try Variant.image(), tag: request.capsule.tag)
            request.capsule = ArtifactReference(made.store.reference, digest: made.manifest.digest)
        }
        #expect(moved.report.failures.map(\.id) == ["capsule.digest"])
    }

    @Test("says that an asserted image was not seen") func asserted() async throws {
        let verdict = try await Variant().verify { request, _ in
            request.image = .asserted(try Variant.image().descriptor.digest)
        }
        #expect(verdict.report.ok)
        #expect(verdict.report.checks[2].evidence["origin"] == "asserted, not seen")
    }

    @Test("looks an image up in a mirror, and takes an index for an image") func mirror() async throws {
        let index = try RawManifest(encoding: ImageIndex(manifests: [try Variant.image().descriptor]))
        let mirror = MemoryStore(.layout(path: "mirror"))
        mirror.add(index, tag: try Tag("git-\(Variant.commit)"))
        var variant = Variant()
        variant.release = { $0.image.digest = index.descriptor.digest }
        // The metadata speaks of another digest then; only the image's check is of interest.
        let verdict = try await variant.verify { request, _ in
            request.image = .lookup(source: mirror, tag: nil, expected: index.descriptor.digest)
        }
        #expect(verdict.report.checks[2].status == .pass, "\(verdict.report.text())")
        #expect(verdict.report.checks[2].evidence["seen in"] == "oci:mirror")
    }

    @Test("does not take errors for answers", arguments: [OCIError.Code.unavailable, .unauthorized, .io])
    func errors(code: OCIError.Code) async throws {
        let error = await #expect(throws: OCIError.self) {
            _ = try await Variant().verify { request, _ in
                request.image = .lookup(source: FailingSource(code: code), tag: nil, expected: nil)
            }
        }
        #expect(error?.code == code)
        let capsule = await #expect(throws: OCIError.self) {
            _ = try await Variant().verify { request, _ in request.source = FailingSource(code: code) }
        }
        #expect(capsule?.code == code)
    }

    @Test("does not verify without the image's registry") func noImage() async throws {
        let made = try Variant().make()
        let request = VerificationRequest(
            capsule: ArtifactReference(made.store.reference, tag: try Tag("git-\(Variant.commit)")), source: made.store)
        let error = await #expect(throws: OCIError.self) {
            _ = try await Verifier(opener: MemoryOpener([])).verify(request)
        }
        #expect(error?.code == .unavailable)
    }

    @Test("requires a tag or a digest") func neither() async throws {
        await #expect(throws: OCIError.self) {
            _ = try await Variant().verify { request, _ in request.capsule.tag = nil }
        }
    }

    @Test("skips, with a reason, what the first draft does not say") func legacy() async throws {
        func draft(_ change: @escaping (inout ReleaseManifest) throws -> Void) -> Variant {
            var variant = Variant()
            variant.release = {
                $0.schemaVersion = ReleaseManifest.legacySchema
                ($0.source, $0.metadata, $0.packing, $0.package.digest, $0.package.entry) = (nil, nil, nil, nil, nil)
                try change(&$0)
            }
            return variant
        }
        let verdict = try await draft { _ in }.verify()
        #expect(verdict.report.ok, "\(verdict.report.text())")
        let skipped = verdict.report.checks.filter { $0.status == .skipped }
        #expect(skipped.map(\.id) == ["package.digest", "metadata.sbom", "metadata.provenance"])
        #expect(skipped.allSatisfy { $0.reason?.contains("codeai/v1alpha1") == true })

        let unnamed = try await draft { $0.image.digest = nil }.verify()
        #expect(unnamed.report.failures.map(\.id) == ["image.digest"])
        let given = try await draft { $0.image.digest = nil }.verify { request, _ in
            request.image = .lookup(
                source: try Variant.imageStore(), tag: nil, expected: try Variant.image().descriptor.digest)
        }
        #expect(given.report.ok, "\(given.report.text())")
    }

    @Test("no report without every check is ok") func reports() async throws {
        let subject = VerificationReport.Subject(reference: "x", tag: nil, digest: nil)
        #expect(!VerificationReport(capsule: subject, image: nil, release: nil, checks: []).ok)
        let checks = try await Variant().verify().report.checks
        #expect(VerificationReport(capsule: subject, image: nil, release: nil, checks: checks).ok)
        for index in checks.indices {
            var fewer = checks
            fewer.remove(at: index)
            #expect(!VerificationReport(capsule: subject, image: nil, release: nil, checks: fewer).ok)
            var skipped = checks
            skipped[index].status = .skipped
            #expect(!VerificationReport(capsule: subject, image: nil, release: nil, checks: skipped).ok)
        }
        var twice = checks
        twice.append(checks[0])
        #expect(!VerificationReport(capsule: subject, image: nil, release: nil, checks: twice).ok)
    }

    @Test("flipped bytes of what is stored are rejected, wherever they are") func flips() async throws {
        let made = try Variant().make()
        let opener = MemoryOpener([try Variant.imageStore()])
        let tag = try Tag("git-\(Variant.commit)")
        for (digest, bytes) in made.bytes {
            for index in stride(from: 0, to: bytes.count, by: digest == made.layer.digest ? 13 : 5) {
                var changed = bytes
                changed[index] ^= 1 << (index % 8)
                made.store.damage(digest, changed)
                let verdict = try await Verifier(opener: opener).verify(
                    VerificationRequest(capsule: ArtifactReference(made.store.reference, tag: tag), source: made.store))
                #expect(!verdict.report.ok, "byte \(index) of \(digest)")
            }
            made.store.damage(digest, bytes)
        }
    }

    /// Each part looks at other bytes, a third of all together.
    @Test("a flipped byte of config or manifest is rejected though all digests are made to fit", arguments: 0..<8)
    func sealedFlips(_ part: Int) async throws {
        let made = try Variant().make()
        let config = try #require(made.bytes[made.config.digest])
        let layer = try #require(made.bytes[made.layer.digest])
        let manifest = try #require(made.bytes[made.manifest.digest])
        let opener = MemoryOpener([try Variant.imageStore()])
        func isVerified(_ config: [UInt8], _ manifest: RawManifest) async throws -> Bool {
            let store = MemoryStore(made.store.reference)
            store.add(config, mediaType: MediaType.imageConfig)
            store.add(layer, mediaType: MediaType.layerTarGzip)
            store.add(manifest, tag: try Tag("git-\(Variant.commit)"))
            let request = VerificationRequest(
                capsule: ArtifactReference(store.reference, tag: try Tag("git-\(Variant.commit)")), source: store)
            return try await Verifier(opener: opener).verify(request).report.ok
        }
        #expect(try await isVerified(config, try RawManifest(detecting: manifest)))
        for index in stride(from: 3 * part, to: config.count, by: 24) {
            var config = config
            config[index] ^= 1
            var image = try RawManifest(detecting: manifest).imageManifest()
            image.config = Descriptor(mediaType: image.config.mediaType, content: config)
            #expect(try await !isVerified(config, try RawManifest(encoding: image)), "byte \(index) of the config")
        }
        for index in stride(from: 3 * part, to: manifest.count, by: 24) {
            var manifest = manifest
            manifest[index] ^= 1
            // Some flips leave nothing that a registry would take for a manifest at all.
            guard let raw = try? RawManifest(detecting: manifest) else { continue }
            #expect(try await !isVerified(config, raw), "byte \(index) of the manifest")
        }
    }
}

/// A store that fails at everything.
struct FailingSource: ContentSource {
    let code: OCIError.Code
    var reference: StoreReference { .layout(path: "broken") }
    var error: OCIError { OCIError(code, "\(reference) fails") }
    func resolve(_ tag: Tag) async throws -> Descriptor? { throw error }
    func resolve(_ digest: Digest) async throws -> Descriptor? { throw error }
    func withContent<Result: Sendable>(
        of descriptor: Descriptor, from offset: Int64, _ body: @Sendable (ContentStream) async throws -> Result
    ) async throws -> Result { throw error }
    func referrers(of digest: Digest) async throws -> [Descriptor] { throw error }
    func tags() async throws -> [Tag] { throw error }
}

import CapsuleCore
import CapsuleTestSupport
import FoundationEssentials
import OCI
import ReleaseTestSupport
import Support
import Testing

@Suite("Publishing a capsule")
struct CapsulePublisherTests {
    @Test("puts it there, and a second time changes nothing") func twice() async throws {
        let built = try CapsuleBuilder.build(Sample.request())
        let store = MemoryStore()
        #expect(try await CapsulePublisher.publish(built, to: store) == .published(built.digest))
        #expect(try await CapsulePublisher.publish(built, to: store) == .unchanged(built.digest))
        #expect(try await store.tags() == [built.tag])
        let capsule = try await CapsuleReader.read(ArtifactReference(store.reference, tag: built.tag), from: store)
        #expect(capsule.layer == built.layer)
    }

    @Test("with other content is refused, and says what differs, file by file") func conflict() async throws {
        let built = try CapsuleBuilder.build(Sample.request())
        let store = MemoryStore()
        _ = try await CapsulePublisher.publish(built, to: store)
        var request = try Sample.request()
        request.package = PackageTree(
            kind: .kustomize, entry: request.package.entry,
            files: request.package.files + [PackageFile(path: try RelativePath("base/new.txt"), content: [1])])
        request.images.removeLast()
        let other = try CapsuleBuilder.build(request)
        let error = await #expect(throws: CapsuleError.self) {
            try await CapsulePublisher.publish(other, to: store)
        }
        #expect(error?.code == .alreadyPublished)
        #expect(
            error?.findings.compactMap(\.file) == [
                "metadata/provenance.json", "metadata/sbom.json", "package/kustomize/base/new.txt", "release.yaml",
            ])
        #expect(error?.findings.first?.message.contains("io.release-capsule.package.digest") == true)
        #expect(try await store.resolve(built.tag)?.digest == built.digest)
    }

    @Test("where something else has the tag is refused") func foreign() async throws {
        let built = try CapsuleBuilder.build(Sample.request())
        let store = MemoryStore()
        store.add(try RawManifest(encoding: ImageIndex(manifests: [])), tag: built.tag)
        let error = await #expect(throws: CapsuleError.self) {
            try await CapsulePublisher.publish(built, to: store)
        }
        #expect(error?.code == .alreadyPublished)
        #expect(error?.findings.map(\.rule) == ["capsule.manifest"])
    }

    @Test("reports that another publisher won at the last moment") func race() async throws {
        let built = try CapsuleBuilder.build(Sample.request())
        var request = try Sample.request()
        request.committed += 1
        let winner = try CapsuleBuilder.build(request)
        // The other one writes after our last look, so the registry takes both and the later tag stays.
        let store = MemoryStore()
        let racing = RacingStore(store) {
            _ = try await copy(
                winner.manifest.descriptor, from: winner.content, to: store, tag: winner.tag,
                options: CopyOptions(replaceTag: true))
        }
        let error = await #expect(throws: CapsuleError.self) {
            try await CapsulePublisher.publish(built, to: racing)
        }
        #expect(error?.code == .alreadyPublished)
        #expect(error?.message.contains(winner.digest.description) == true)
        #expect(error?.findings.compactMap(\.file) == ["metadata/sbom.json"])
    }

    @Test("that is interrupted leaves no tag, and goes on") func interrupted() async throws {
        let built = try CapsuleBuilder.build(Sample.request())
        let store = MemoryStore()
        try await store.store(
            Descriptor(mediaType: MediaType.layerTarGzip, content: built.layer), from: built.content)
        #expect(try await store.tags() == [])
        #expect(try await CapsulePublisher.publish(built, to: store) == .published(built.digest))
    }

    @Test("has a result that reads in JSON") func json() throws {
        for publication in [Publication.published(try Sample.digest("ab")), .unchanged(try Sample.digest("cd"))] {
            #expect(try roundTrip(publication) == publication)
        }
    }
}

private func roundTrip<Value: Codable>(_ value: Value) throws -> Value {
    try JSONDecoder().decode(Value.self, from: JSONEncoder().encode(value))
}

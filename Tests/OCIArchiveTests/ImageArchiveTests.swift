import CapsuleTestSupport
import FoundationEssentials
import OCI
import OCIArchive
import Testing

private struct Stop: Error {}

@Suite("One-file archives")
struct ImageArchiveTests {
    @Test("hold everything that was copied in: content, tag and what is attached")
    func roundTrip() async throws {
        let sample = try Sample()
        try await withTemporaryDirectory { directory in
            let path = "\(directory)/release.tar"
            try await withNewImageArchive(path) {
                #expect($0.reference == .archive(path: path))
                try await copy(sample.image, from: sample.store, to: $0, tag: sample.tag)
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == ["release.tar"])

            let archive = try ImageArchive(path: path)
            #expect(archive.reference == .archive(path: path))
            #expect(try await archive.tags() == [sample.tag])
            #expect(try await archive.resolve(sample.tag) == sample.image.target)
            #expect(try await archive.resolve(sample.image.digest) == sample.image.target)
            #expect(try await archive.referrers(of: sample.image.digest).map(\.digest) == [sample.referrer.digest])
            #expect(try await archive.bytes(of: sample.layer, limit: 1 << 20) == sample.layerBytes)
            #expect(try await archive.resolve(Tag("other")) == nil)
            #expect(try await archive.resolve(Digest.sha256(of: [1])) == nil)

            let back = MemoryStore()
            try await copy(sample.image, from: archive, to: back, tag: sample.tag)
            #expect(try await back.bytes(of: sample.layer, limit: 1 << 20) == sample.layerBytes)
            #expect(try await back.referrers(of: sample.image.digest).map(\.digest) == [sample.referrer.digest])
        }
    }

    @Test("remove what a killed process left for the same path, and nothing else")
    func stale() async throws {
        let sample = try Sample()
        try await withTemporaryDirectory { directory in
            try writeFile("\(directory)/.release.tar.partial-1f/layout/blobs/sha256/half", "half")
            try writeFile("\(directory)/.other.tar.partial-1f/layout/index.json", "theirs")
            try await withNewImageArchive("\(directory)/release.tar") {
                // A second writer leaves the first alone, whose directory is locked.
                try await copy(sample.image, from: sample.store, to: $0, tag: sample.tag)
                try await withNewImageArchive("\(directory)/release.tar", replacing: true) {
                    try await copy(sample.image, from: sample.store, to: $0, tag: sample.tag)
                }
                try FileManager.default.removeItem(atPath: "\(directory)/release.tar")
            }
            let left = try FileManager.default.contentsOfDirectory(atPath: directory)
            #expect(left.sorted() == [".other.tar.partial-1f", "release.tar"])
        }
    }

    @Test("have the same bytes whatever order the content came in")
    func deterministic() async throws {
        let sample = try Sample()
        try await withTemporaryDirectory { directory in
            try await withNewImageArchive("\(directory)/a.tar") {
                try await copy(sample.image, from: sample.store, to: $0, tag: sample.tag)
                try await $0.tag(sample.image, as: Tag("latest"))
            }
            try await withNewImageArchive("\(directory)/b.tar") {
                let referrer = try await sample.store.manifest(sample.referrer)
                for child in try referrer.children() { try await $0.store(child, from: sample.store) }
                try await $0.store(sample.layer, from: sample.store)
                for child in try await sample.store.manifest(sample.image).children() {
                    try await $0.store(child, from: sample.store)
                }
                try await $0.store(sample.image, from: sample.store)
                try await $0.store(sample.referrer, from: sample.store)
                try await $0.tag(sample.image, as: Tag("latest"))
                try await $0.tag(sample.image, as: sample.tag)
            }
            #expect(try readFile("\(directory)/a.tar") == readFile("\(directory)/b.tar"))
        }
    }

    @Test("read from the middle of a blob")
    func middle() async throws {
        let sample = try Sample()
        try await withArchive(sample) { archive in
            let rest = try await archive.withContent(of: sample.layer, from: 300_000) { stream in
                var bytes: [UInt8] = []
                for try await chunk in stream { bytes += chunk }
                return bytes
            }
            #expect(rest == Array(sample.layerBytes[300_000...]))
            await #expect(throws: OCIError.self) { try await archive.withContent(of: sample.layer, from: -1) { _ in } }
        }
    }

    @Test("do not replace a file that is there, unless told to", arguments: [false, true])
    func existing(_ replacing: Bool) async throws {
        let sample = try Sample()
        try await withTemporaryDirectory { directory in
            let path = "\(directory)/release.tar"
            try writeFile(path, "mine")
            do {
                try await withNewImageArchive(path, replacing: replacing) {
                    try await copy(sample.image, from: sample.store, to: $0, tag: sample.tag)
                }
                #expect(replacing)
                #expect(try await ImageArchive(path: path).tags() == [sample.tag])
            } catch let error as OCIError {
                #expect(!replacing && error.code == .unsupported)
                #expect(try readFile(path) == Array("mine".utf8))
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == ["release.tar"])
        }
    }

    @Test("leave nothing when the copy fails, and do not take a name that somebody took meanwhile")
    func failure() async throws {
        let sample = try Sample()
        try await withTemporaryDirectory { directory in
            await #expect(throws: Stop.self) {
                try await withNewImageArchive("\(directory)/release.tar") {
                    try await $0.store(sample.layer, from: sample.store)
                    throw Stop()
                }
            }
            #expect(listTree(directory) == [])
            let error = await #expect(throws: OCIError.self) {
                try await withNewImageArchive("\(directory)/release.tar") {
                    try await copy(sample.image, from: sample.store, to: $0, tag: nil)
                    try writeFile("\(directory)/release.tar", "theirs")
                }
            }
            #expect(error?.code == .unsupported)
            #expect(listTree(directory) == ["release.tar"])
            let kept = try readFile("\(directory)/release.tar")
            #expect(kept == Array("theirs".utf8))
        }
    }

    @Test("notice a blob that was altered, and a file that was replaced")
    func altered() async throws {
        let sample = try Sample()
        try await withTemporaryDirectory { directory in
            let path = "\(directory)/release.tar"
            try await withNewImageArchive(path) {
                try await copy(sample.image, from: sample.store, to: $0, tag: sample.tag)
            }
            let before = try ImageArchive(path: path)
            var bytes = try readFile(path)
            let position = try #require(bytes.firstRange(of: sample.layerBytes)).lowerBound
            bytes[position + 5000] ^= 1
            try writeFile(path, bytes)
            let replaced = await #expect(throws: OCIError.self) {
                try await before.bytes(of: sample.layer, limit: 1 << 20)
            }
            #expect(replaced?.code == .io)
            let altered = await #expect(throws: OCIError.self) {
                try await ImageArchive(path: path).bytes(of: sample.layer, limit: 1 << 20)
            }
            #expect(altered?.code == .contentMismatch)
        }
    }

    @Test("end a stream that outlives its reader")
    func outlived() async throws {
        let sample = try Sample()
        try await withArchive(sample) { archive in
            let stream = try await archive.withContent(of: sample.layer) { $0 }
            await #expect(throws: OCIError.self) { for try await _ in stream {} }
        }
    }

    private func withArchive(_ sample: Sample, _ body: (ImageArchive) async throws -> Void) async throws {
        try await withTemporaryDirectory { directory in
            try await withNewImageArchive("\(directory)/release.tar") {
                try await copy(sample.image, from: sample.store, to: $0, tag: sample.tag)
            }
            try await body(ImageArchive(path: "\(directory)/release.tar"))
        }
    }
}

import CapsuleTestSupport
import Testing

@testable import Archive

@Suite("Names in a layer")
struct NameTests {
    @Test(
        "the writer refuses what the reader refuses",
        arguments: [
            "", "/", "/x", "package//x", "package/../x", "package/./x", "package/x/", "package/a\\b", "package/a\0b",
            "package/\u{7F}", "package/\u{9F}", "package/e\u{301}", "package/\u{1100}\u{1161}", "metadata",
            "elsewhere/x",
            "release.yaml/x", "Release.yaml", "./release.yaml",
        ])
    func refused(_ path: String) throws {
        for item in [LayerItem.file(path: path, content: []), .directory(path: path)] {
            if item == .directory(path: "metadata") { continue }
            let error = #expect(throws: ArchiveError.self) {
                try LayerWriter.write([.file(path: "release.yaml", content: []), item], modified: 0)
            }
            #expect(error?.code == .invalidPath)
            #expect(error?.entry == path)
        }
    }

    @Test(
        "the writer refuses names that are one where case is ignored",
        arguments: [
            ("package/a", "package/A"), ("package/x/a", "package/X"), ("package/x/a", "package/X/b"),
            ("package/straße", "package/STRASSE"), ("package/ﬁ", "package/FI"), ("package/Σ", "package/ς"),
            ("package/É", "package/é"), ("package/a", "package/a"), ("package/a", "package/a/b"),
        ])
    func twins(_ one: String, _ other: String) throws {
        for paths in [[one, other], [other, one]] {
            let error = #expect(throws: ArchiveError.self) {
                try LayerWriter.write(
                    (["release.yaml"] + paths).map { .file(path: $0, content: []) }, modified: 0)
            }
            #expect(error?.code == .duplicate)
        }
    }

    @Test("names that only look alike are kept apart")
    func different() throws {
        let paths = [
            "package/a", "package/а", "package/é", "package/e", "package/日本", "package/👩‍🚀", "package/ a", "package/a ",
        ]
        let layer = try LayerWriter.write(
            (["release.yaml"] + paths).map { .file(path: $0, content: []) }, modified: 0)
        #expect(try Set(entries(of: layer).map(\.path)).subtracting(["package", "release.yaml"]) == Set(paths))
    }

    /// Every scalar of the first three planes, and every capital letter with every common mark.
    static let candidates: [String] =
        (0x80..<0x30000).compactMap { Unicode.Scalar($0 as UInt32).map { String(Character($0)) } }
        + (0x41..<0x5B).flatMap { (letter: UInt32) -> [String] in
            (0x300..<0x346).compactMap { (mark: UInt32) -> String? in
                guard let letter = Unicode.Scalar(letter), let mark = Unicode.Scalar(mark) else { return nil }
                return String(String.UnicodeScalarView([letter, mark]))
            }
        }

    @Test("normal form C is what Python says it is", .enabled(if: Tool.exists("python3")))
    func normalForm() async throws {
        // One line a name that is not in normal form, as code points; unassigned ones are left out, since the two may know
        // different versions of Unicode.
        let script = """
            import sys, unicodedata
            names = [chr(c) for c in range(0x80, 0x30000) if not 0xD800 <= c < 0xE000]
            names += [chr(l) + chr(m) for l in range(0x41, 0x5B) for m in range(0x300, 0x346)]
            for name in names:
                if unicodedata.category(name[0]) != "Cn" and unicodedata.normalize("NFC", name) != name:
                    print(" ".join(str(ord(c)) for c in name))
            """
        let expected = Set(try await Tool.output(["python3", "-c", script]).split(separator: "\n").map(String.init))
        #expect(expected.count > 1000)
        var actual: Set<String> = []
        for name in Self.candidates {
            let path = "package/\(name)"
            if (try? LayerPath.check(path.utf8, isDirectory: false)) == nil,
                name.unicodeScalars.allSatisfy({ $0.value > 0x9F || $0.value < 0x80 })
            {
                actual.insert(name.unicodeScalars.map { "\($0.value)" }.joined(separator: " "))
            }
        }
        #expect(actual.symmetricDifference(expected).sorted() == [])
    }

    @Test("what Python folds to one name, we fold to one name", .enabled(if: Tool.exists("python3")))
    func folding() async throws {
        let script = """
            for c in range(0x80, 0x30000):
                if not 0xD800 <= c < 0xE000 and chr(c).casefold() != chr(c):
                    print(c, *[ord(f) for f in chr(c).casefold()])
            """
        let lines = try await Tool.output(["python3", "-c", script]).split(separator: "\n")
        #expect(lines.count > 1000)
        for line in lines {
            let scalars = line.split(separator: " ").compactMap { UInt32($0).flatMap(Unicode.Scalar.init) }
            let name = String(String.UnicodeScalarView(scalars.prefix(1)))
            let folded = String(String.UnicodeScalarView(scalars.dropFirst()))
            #expect(LayerPath.folded(name) == LayerPath.folded(folded), "\(line)")
        }
    }
}

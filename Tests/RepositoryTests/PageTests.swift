import Foundation
import Testing

/// The pages for people who change the code, and the pages for users.
@Suite("The pages of the repository")
struct PageTests {
    static let pages: [String] =
        ["CHANGELOG.md", "CONTRIBUTING.md", "README.md", "SECURITY.md"]
        + ((try? NamedPaths.files(below: "docs", suffix: ".md")) ?? [])

    @Test("a page names only files and folders that exist", arguments: pages)
    func namesExist(_ page: String) throws {
        let directory = page.split(separator: "/").dropLast().joined(separator: "/")
        let named = NamedPaths(markdown: try NamedPaths.text(page), directory: directory)
        #expect(named.missing == [])
    }

    @Test("a path in a code span and a relative link are found, and a path that does not exist is reported")
    func reportsMissing() {
        let text = """
            `Sources/OCI`, `Sources/Nowhere/Lost.swift` and `Fuzz/Corpora/<target>`; `Package.swift` and `swift build` are not
            checked. [one](README.md#start), [two](missing.md), [three](https://example.com/a.md), [four](#here)
            """
        let named = NamedPaths(markdown: text, directory: "docs/adr")
        #expect(
            named.paths == [
                "Sources/OCI", "Sources/Nowhere/Lost.swift", "Fuzz/Corpora/", "docs/adr/README.md",
                "docs/adr/missing.md",
            ])
        #expect(named.missing == ["Sources/Nowhere/Lost.swift", "docs/adr/missing.md"])
    }

    @Test("the table of folders in CONTRIBUTING.md names each module of Sources")
    func tableIsWhole() throws {
        let text = try NamedPaths.text("CONTRIBUTING.md")
        let modules = Set(
            try NamedPaths.files(below: "Sources", suffix: ".swift").compactMap {
                $0.split(separator: "/").dropFirst().first
            })
        #expect(modules.filter { !text.contains("`Sources/\($0)") }.sorted() == [])
    }

    @Test("the list of decisions names each page of docs/adr")
    func decisionsAreListed() throws {
        let list = try NamedPaths.text("docs/adr/README.md")
        let pages = try NamedPaths.files(below: "docs/adr", suffix: ".md").compactMap { $0.split(separator: "/").last }
        #expect(pages.filter { $0 != "README.md" && !list.contains("(\($0))") } == [])
    }

    @Test("the walk of a promotion in docs/architecture.md names functions that exist, as many as it says")
    func walkExists() throws {
        let page = try NamedPaths.text("docs/architecture.md")
        let start = try #require(page.firstRange(of: "### A promotion, function by function")?.upperBound)
        let walk = page[start...].prefix { $0 != "#" }
        let table = walk.split(separator: "\n").filter { $0.hasPrefix("|") }.joined()
        let names = table.matches(of: /`(\w+)\.(\w+)`/).map { (type: $0.output.1, function: $0.output.2) }
        #expect(walk.contains("opens these \(names.count) functions"))
        // Most files are named after their type; only where that fails, all of them are read.
        let files = try NamedPaths.files(below: "Sources", suffix: ".swift")
        let lost = try names.filter { type, function in
            func declares(_ file: String) throws -> Bool {
                let text = try NamedPaths.text(file)
                let owners = ["struct", "enum", "class", "extension"].map { "\($0) \(type) " }
                let members = function == "init" ? ["init(", "init?("] : ["func \(function)(", "func \(function)<"]
                return members.contains { text.range(of: $0) != nil }
                    && (owners + owners.map { $0.replacing(" \(type) ", with: " \(type):") })
                        .contains { text.range(of: $0) != nil }
            }
            let named = files.filter { $0.split(separator: "/").last?.hasPrefix(type) == true }
            return try !named.contains(where: declares) && !files.contains(where: declares)
        }
        #expect(lost.map { "\($0.type).\($0.function)" } == [])
    }
}

internal import CapsuleCore
internal import Support

/// The templates of a chart, as far as their text tells where a rendered value comes from.
///
/// Messages name a template and a value with it. Nothing is decided by it, because templates are programs.
struct HelmTemplates {
    /// A line of a template.
    struct Place: Hashable {
        /// The file, by its path in the rendered tree.
        let file: String
        /// The line, from 1; nil for the whole file.
        let line: Int?
        /// The text of the line.
        let text: String
    }

    private let lines: [(file: String, lines: [String])]
    private let budget = SharedStepBudget(limit: Self.maximumBytes)
    /// The maximum number of bytes of lines that are searched for the findings of one render. A finding of a real chart searches some
    /// hundred kilobytes; findings beyond the limit name the rendered object alone.
    static let maximumBytes = 32 << 20

    init(_ package: PackageTree) {
        lines = package.withUnpackedCharts().filter {
            $0.path.segments.contains("templates") && $0.content.count <= 1 << 20
        }
        .map { file in
            let lines = file.content.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            return ("package/helm/\(file.path)", lines.map { String(decoding: $0, as: UTF8.self) })
        }
    }

    /// The template of a rendered object, from the comment that Helm writes: `# Source: shop/templates/web.yaml`.
    static func source(of content: [UInt8]) -> String? {
        let head = String(decoding: content.prefix(4096), as: UTF8.self)
        for line in head.split(separator: "\n") {
            guard line.hasPrefix("#") else { return nil }
            guard line.hasPrefix("# Source: ") else { continue }
            let path = line.dropFirst("# Source: ".count)
            guard let slash = path.firstIndex(of: "/") else { return nil }
            return "package/helm/\(path[path.index(after: slash)...])".escapedForDisplay(limit: 300)
        }
        return nil
    }

    /// The first line that `isWanted` accepts, in `file` before the helpers and the other templates.
    func first(in file: String?, where isWanted: (String) -> Bool) -> Place? {
        let own = lines.filter { $0.file == file }
        let helpers = lines.filter { $0.file != file && $0.file.hasSuffix(".tpl") }
        for (file, lines) in own + helpers {
            let index = lines.firstIndex { line in budget.spend(1 + line.utf8.count) && isWanted(line) }
            if let index {
                return Place(file: file, line: index + 1, text: lines[index])
            }
        }
        return nil
    }

    /// A line by its number, and the lines around it.
    func text(_ file: String, around line: Int, _ distance: Int = 0) -> [String] {
        guard let lines = lines.first(where: { $0.file == file })?.lines else { return [] }
        return Array(lines.prefix(line + distance).dropFirst(max(0, line - 1 - distance)))
    }

    /// The paths of the values that a text uses: `.Values.image.tag` is `image.tag`.
    static func values(in text: String) -> [String] {
        var paths: [String] = []
        var rest = Substring(text)
        while let range = rest.firstRange(of: ".Values.") {
            let path = rest[range.upperBound...].prefix {
                $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == ".")
            }
            rest = rest[path.endIndex...]
            var name = String(path)
            while name.hasSuffix(".") { name.removeLast() }
            if !name.isEmpty, !paths.contains(name) { paths.append(name) }
        }
        return paths
    }

    /// The names of functions that a text calls, of those given.
    static func calls(_ text: String, of functions: Set<String>) -> [String] {
        guard text.contains("{{") || text.contains("}}") || text.contains(":=") else { return [] }
        var found: [String] = []
        for word in text.split(whereSeparator: { !($0.isLetter || $0.isNumber || $0 == "_" || $0 == "." || $0 == "$") })
        {
            let name = String(word.prefix { $0 != "." })
            if functions.contains(name), !found.contains(name) { found.append(name) }
        }
        return found
    }
}

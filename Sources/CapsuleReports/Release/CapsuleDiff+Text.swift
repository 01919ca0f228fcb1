package import CapsuleCore
internal import Support

extension CapsuleDiff {
    /// The difference as text.
    package func text() -> String {
        guard !isEmpty else { return "no difference: both are \(from.digest)\n" }
        var out = "release  \(from.release) -> \(to.release)\n"
        out += "capsule  \(from.digest) -> \(to.digest)\n"
        if from.created != to.created {
            out += "created  \(from.created ?? "unknown") -> \(to.created ?? "unknown")\n"
        }
        for field in fields { out += line(field) }
        out += "\nimages: \(images.isEmpty ? "no difference" : count(images.count, "differs", "differ"))\n"
        for image in images { out += line(image) }
        out += "\npackage: \(summary(files))\n"
        for file in files { out += "  \(mark(file)) \(file.path.escapedForDisplay())\n" }
        if !metadata.isEmpty {
            out += "\nmetadata: \(summary(metadata))\n"
            for file in metadata { out += "  \(mark(file)) \(file.path.escapedForDisplay())\n" }
        }
        for file in files {
            out += "\n"
            switch file.diff {
            case nil: out += "\(file.path.escapedForDisplay()): not shown, it is not text or very large\n"
            case "": out += "\(file.path.escapedForDisplay()): an empty file\n"
            case let diff?: out += diff.escapedForDisplay(keepingLines: true)
            }
        }
        return out
    }

    /// The difference as Markdown.
    ///
    /// - Parameter limit: the maximum number of characters that files add. GitHub accepts 65,536 in total; the rest is
    ///   for the other text of the pull request.
    package func markdown(limit: Int = 48_000) -> String {
        guard !isEmpty else { return "No difference: both are `\(from.digest)`.\n" }
        var out = "| | from | to |\n| --- | --- | --- |\n"
        out += "| release | `\(from.release)` | `\(to.release)` |\n"
        out += "| capsule | `\(from.digest)` | `\(to.digest)` |\n"
        if from.created != to.created {
            out += "| created | \(from.created ?? "unknown") | \(to.created ?? "unknown") |\n"
        }
        for field in images + fields where field.field != "gitCommit" {
            out += "| \(cell(field.field)) | \(cell(field.old)) | \(cell(field.new)) |\n"
        }
        out += "\n**Package:** \(summary(files))\n"
        var room = limit
        var left = 0
        for file in files {
            let section = details(file)
            room -= section.count
            if room < 0 { left += 1 } else { out += section }
        }
        if left > 0 { out += "\n\(left) more files differ; `capsule diff` shows them.\n" }
        return out
    }

    private func details(_ file: File) -> String {
        let body =
            switch file.diff {
            case nil: "Not shown: it is not text, or very large.\n"
            case "": "An empty file.\n"
            case let diff?: diff.markdownBlock("diff")
            }
        return "\n<details><summary>\(mark(file)) <code>\(escaped(file.path))</code></summary>\n\n\(body)\n</details>\n"
    }

    private func line(_ field: Field) -> String {
        "  \(field.field.escapedForDisplay())\n    - \((field.old ?? "(none)").escapedForDisplay())\n"
            + "    + \((field.new ?? "(none)").escapedForDisplay())\n"
    }

    // A bar would end the cell of the table, even in a code span.
    private func cell(_ text: String?) -> String {
        guard let text, !text.isEmpty else { return "" }
        return text.replacing("|", with: "\\|").markdownCode
    }

    private func escaped(_ text: String) -> String {
        text.escapedForDisplay().replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    }

    private func summary(_ files: [File]) -> String {
        guard !files.isEmpty else { return "no difference" }
        return [(File.Change.changed, "changed"), (.added, "added"), (.removed, "removed")].compactMap { change, word in
            let number = files.count { $0.change == change }
            return number == 0 ? nil : "\(number) \(word)"
        }.joined(separator: ", ")
    }

    private func count(_ number: Int, _ one: String, _ many: String) -> String {
        "\(number) \(number == 1 ? one : many)"
    }

    private func mark(_ file: File) -> String {
        switch file.change {
        case .added: "+"
        case .removed: "-"
        case .changed: "~"
        }
    }
}

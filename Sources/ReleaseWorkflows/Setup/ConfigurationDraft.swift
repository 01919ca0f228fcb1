package import CapsuleCore
internal import DeliveryConfiguration
internal import Documents
internal import OCI
internal import Support

/// The first `capsule.yaml` of a repository: the results of a survey, with comments.
package enum ConfigurationDraft {
    /// The address of the GitOps repository when it is not known.
    static let exampleGitOps = "https://git.example.com/platform/gitops.git"
    /// The name of the application image when the package runs none.
    static let imageNamePlaceholder = "app"

    /// The reason for which the draft cannot be read; nil when it can.
    static func problem(_ survey: RepositorySurvey) -> String? {
        do {
            _ = try CapsuleConfiguration(yaml: Array(text(survey).utf8), plainHTTPHosts: survey.plainHTTPHosts)
            return nil
        } catch {
            return error.message
        }
    }

    /// The text of the file.
    ///
    /// - Parameter form: the form of the releases.
    package static func text(_ survey: RepositorySurvey, form: ReleaseForm = .capsule) -> String {
        let repository = survey.image
        let suffix = form == .capsule ? "-release" : "-package"
        let capsule = (try? Repository(repository + suffix))?.description
        var lines = [
            "# Release Capsule: the contents of a release of this application, and the stages that it is promoted to.",
            "# `capsule doctor` checks this file; unknown keys are errors.",
            "schemaVersion: \(CapsuleFormat.documentSchema)",
        ]
        lines += doubts(survey)
        lines += [
            "",
            "# The repository of the application image, and that of the \(form.artifact)s. Both have the tag git-<commit>.",
            "image: \(YAMLText.scalar(repository))",
            "capsule: \(YAMLText.scalar(capsule ?? RepositorySurvey.exampleImage + suffix))",
        ]
        if form == .pair {
            lines += [
                "# A release is a pair: its release.yaml is the witness below gitops.root, which `capsule publish` commits.",
                "form: pair",
            ]
        }
        lines.append("")
        lines += package(survey.package)
        lines += helm(survey.package)
        lines += ["", "# The repository of the environment policy and the stage branches."]
        lines += gitops(survey)
        lines += [
            "",
            "# The evidence policy: the signatures and attestations that each stage requires. A file below gitops.root. See",
            "# `capsule policy --help`.", "# policy: policy.yaml",
        ]
        lines += ["", "# The ladder. A stage accepts a release that every stage in `after` holds, compared by digest."]
        lines += stages(survey.deployments)
        return lines.joined(separator: "\n") + "\n"
    }

    /// The values that the repository does not determine, as comments for the reader of the file.
    private static func doubts(_ survey: RepositorySurvey) -> [String] {
        survey.doubts.isEmpty
            ? []
            : ["", "# Check these values, which the repository does not determine:"]
                + survey.doubts.map { "#   \($0.text.escapedForDisplay())" }
    }

    private static func package(_ package: RepositorySurvey.Package?) -> [String] {
        guard let package else {
            return [
                "# No Kustomize package or Helm chart was found; write its directory in the application repository.",
                "package:",
                "  kind: kustomize                # or helm",
                "  source: deploy/kustomize",
                "  include: [base]                # the directories that a release includes",
                "  entry: base                    # the resource of a render",
                "  imageName: app                 # the name of the application image in the package",
            ]
        }
        var lines = [
            "# The deploy package, in the application repository.",
            "package:", "  kind: \(package.kind.rawValue)",
            "  source: \(package.source == "." ? "." : YAMLText.scalar(package.source))",
        ]
        guard let entry = package.entry else { return lines }
        let include = package.include.map(YAMLText.scalar).joined(separator: ", ")
        let isFlat = entry == "."
        let more =
            isFlat ? "the directories that a release includes besides" : "the directories that a release includes"
        if !package.include.isEmpty { lines.append("  include: [\(include)]  # \(more)") }
        let note = isFlat ? "; a release includes the files that it refers to" : ""
        lines.append("  entry: \(isFlat ? "." : YAMLText.scalar(entry))  # the resource of a render\(note)")
        let name = package.imageName ?? imageNamePlaceholder
        lines.append(
            "  imageName: \(YAMLText.scalar(name))  # the name of the application image in the package")
        return lines
    }

    /// The chart's values that name the application image, for a person to check.
    private static func helm(_ package: RepositorySurvey.Package?) -> [String] {
        guard let package, package.kind == .helm else { return [] }
        let parts = HelmValues.Part.allCases.map { "{\($0.rawValue)}" }.joined(separator: " ")
        var lines = [
            "",
            "# The chart's values that name the application image. A render sets them; the digest is added afterwards.",
            "# Parts: \(parts)",
        ]
        guard let values = package.values ?? HelmImageSearch.convention else { return [] }
        if package.values == nil {
            let places = package.choices.isEmpty ? "no image" : package.choices.joined(separator: ", ")
            lines.append("# The chart's values.yaml names \(places.escapedForDisplay()); check these.")
        }
        lines += ["helm:", "  values:"]
        return lines
            + values.templates.sorted { $0.key < $1.key }.map {
                "    \(YAMLText.scalar($0.key)): \(YAMLText.scalar($0.value))"
            }
    }

    private static func gitops(_ survey: RepositorySurvey) -> [String] {
        // A repository that holds deployments is the GitOps repository itself.
        let here = survey.gitopsRepository
        var lines = ["gitops:", "  repository: \(YAMLText.scalar(here ?? exampleGitOps))"]
        if here == nil { lines[1] += "  # change this" }
        if survey.root != nil, let branch = survey.branch, branch != "main" {
            lines.append("  branch: \(YAMLText.scalar(branch))")
        }
        let root = survey.root ?? "apps/app"
        lines.append("  root: \(YAMLText.scalar(root.isEmpty ? "." : root))  # deployments/ and envTypes/ live here")
        return lines
    }

    private static func stages(_ found: [String]) -> [String] {
        let names = found.isEmpty ? ["staging", "production"] : found
        var lines = ["stages:"]
        for (index, name) in names.enumerated() {
            lines.append("  - name: \(YAMLText.scalar(name))")
            if index > 0 { lines.append("    after: [\(YAMLText.scalar(names[index - 1]))]") }
            if index == names.count - 1, index > 0 {
                lines.append("    # soak: 30m                   # the time that the stage before must have held it")
                lines.append("    review: pull-request          # a person merges it")
            }
        }
        return lines
    }
}

extension RepositorySurvey.Doubt {
    /// The doubt in one line.
    package var text: String {
        var text = key + (value.isEmpty ? "" : " is \(value)") + ": \(reason)"
        if !alternatives.isEmpty { text += "; or " + alternatives.prefix(Self.maximumShown).joined(separator: ", ") }
        if alternatives.count > Self.maximumShown { text += ", and \(alternatives.count - Self.maximumShown) more" }
        return text
    }

    /// The maximum number of alternatives that a person compares.
    private static let maximumShown = 5
}

namespace FastMerge.Checkpoint.Output;

/// <summary>What a journal in a folder says at large.</summary>
/// <param name="Plan">What was being made.</param>
/// <param name="SideFiles">Side files that may exist.</param>
/// <param name="ValidLength">Bytes of its intact records.</param>
sealed record FoundJournal(JournalRecord.Plan Plan, IReadOnlyList<string> SideFiles, long ValidLength)
{
    /// <summary>The journal of the folder; null if there is none with an intact beginning.</summary>
    public static FoundJournal? Read(OutputSite site)
    {
        var path = site.StateAt(OutputNames.Journal);
        if (site.Storage.Stat(path).Kind != EntryKind.File) return null;
        using var file = site.Storage.OpenRead(path);
        var reader = new JournalReader(file, site.Hasher);
        JournalRecord.Plan? plan = null;
        var names = new List<string>();
        foreach (var record in reader.Records())
        {
            plan ??= record as JournalRecord.Plan;
            if (record is JournalRecord.Publishing publishing) names.AddRange(publishing.Names);
        }
        return plan is null ? null : new(plan, names, reader.ValidLength);
    }

    /// <summary>Names of all files that the merge may have made.</summary>
    public IEnumerable<string> OwnedNames()
    {
        var shards = Enumerable.Range(0, Plan.Shards).Select(shard => ShardLayout.FileName(shard, Plan.Shards));
        string[] own = [ShardLayout.IndexName, OutputNames.Lock];
        return shards.Concat(own).Concat(SideFiles.Where(OutputNames.IsPlain))
            .SelectMany(name => new[] { name, OutputNames.Temporary(name, Plan.Hash) });
    }

    /// <summary>Why the merge cannot continue with this plan; null if it can.</summary>
    public string? Difference(UInt128 planHash, IReadOnlyList<PlanPart> parts)
    {
        var old = ByName(Plan.Parts);
        var changes = new List<string>();
        foreach (var (name, value) in ByName(parts))
        {
            if (!old.Remove(name, out var was)) changes.Add($"{name} is new");
            else if (was != value) changes.Add(Describe(name, was, value));
        }
        changes.AddRange(old.Keys.Select(name => $"{name} is gone"));
        if (changes.Count == 0) return planHash == Plan.Hash ? null : "the plan is another";
        var more = changes.Count > 3 ? $" and {changes.Count - 3} more" : "";
        return string.Join(", ", changes.Take(3)) + more;
    }

    /// <summary>One name may come several times, as when a model is merged twice.</summary>
    static Dictionary<string, string> ByName(IEnumerable<PlanPart> parts) => parts
        .GroupBy(part => part.Name, part => part.Value, StringComparer.Ordinal)
        .ToDictionary(group => group.Key, group => string.Join(", ", group), StringComparer.Ordinal);

    static string Describe(string name, string was, string value) => was.Length + value.Length <= 120
        ? $"{name} was {was} and is {value}" : $"{name} changed";
}

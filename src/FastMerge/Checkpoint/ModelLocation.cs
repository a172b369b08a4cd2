using FastMerge.Core;

namespace FastMerge.Checkpoint;

/// <summary>
/// Where a model is, as a recipe or command line writes it: a folder, a single .safetensors file, or a hub id
/// (<c>org/name</c> or <c>org/name@revision</c>) that the local hub cache holds.
/// </summary>
sealed record ModelLocation(string Text)
{
    /// <summary>Finds the files; a model that is not there is an <see cref="FailureKind.Input"/> failure.</summary>
    public ResolvedModel Resolve(IStorage storage, HubCache hub)
    {
        if (Text.Length == 0 || Text.Contains('\0')) throw Bad("a model is a folder, a file or a hub id");
        switch (storage.Stat(Text).Kind)
        {
            case EntryKind.Folder:
                return new ResolvedModel(Text, null, null);
            case EntryKind.File:
                return new ResolvedModel(Path.GetDirectoryName(Text) ?? "", Path.GetFileName(Text), null);
            case EntryKind.Other:
                throw Bad("it is a pipe, socket or device; a model is a folder, a .safetensors file or a hub id");
        }
        if (!HubCache.TryParseId(Text, out var id, out var revision))
            throw Bad("no such file or folder" + NearestPath.Text(Text, storage, hub));
        if (hub.Find(id, revision, storage) is not { } snapshot)
        {
            throw Bad($"no such file or folder, and the hub cache {DisplayText.Escape(hub.Root)} holds no revision "
                + $"'{revision}' of it; nothing is downloaded: run hf download {id}"
                + NearestPath.Text(Text, storage, hub));
        }
        return new ResolvedModel(snapshot.Folder, null, snapshot.Commit);
    }

    FastMergeException Bad(string problem) => SafetensorsHeader.Bad($"model {SafetensorsHeader.Quote(Text)}", problem);
}

/// <summary>A model's folder; the one file that was named, if any; the commit of a hub snapshot.</summary>
sealed record ResolvedModel(string Folder, string? FileName, string? Commit);

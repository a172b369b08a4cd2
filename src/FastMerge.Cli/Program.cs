using FastMerge.Cli;

return await new Application(Terminal.OfProcess(), new LibraryService()).RunAsync(args);

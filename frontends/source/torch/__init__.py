"""PyTorch programs: modules, functions, tensor methods, data and losses, as models of the library for the interpreter.

``values``      tensors and modules as the interpreter carries them
``drawing``     how an operation becomes a node of the graph
``layers``      ``nn.Conv2d(...)`` and its kin: constructing and applying a module of the library
``containers``  ``Sequential``, ``ModuleList``, ``ModuleDict``
``modules``     classes of the program that inherit from ``nn.Module``
``functions``   ``torch.*`` and ``torch.nn.functional.*``
``methods``     tensor methods, attributes, operators and indexing
``creation``    ``torch.randn`` and other ways to make a tensor
``losses``      criteria and what they compare
``datasets``    ``TensorDataset``, ``DataLoader``, known data sets; ``transforms`` what becomes of an image
``backbones``   torchvision's classifiers, known by their heads
``entry``       models that are never called, and inputs whose shape is not written: solving for the input
"""

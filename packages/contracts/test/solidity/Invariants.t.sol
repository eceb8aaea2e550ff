// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Assert} from "./support/Assert.sol";
import {Handler} from "./support/Handler.sol";
import {vm} from "./support/Vm.sol";

/// @dev What the fuzzer calls. The handler itself is linked with a library, by which the fuzzer does not know it.
contract Actor {
    Handler private immutable handler;

    constructor(Handler handler_) {
        handler = handler_;
    }

    function act(uint256 seed) external {
        handler.act(seed);
    }
}

/// @dev What holds in every life of the network. The short profile runs with the tests; the long one is
/// the script `test:invariants` of this package.
contract InvariantsTest is Assert {
    Handler private handler;
    Actor private actor;

    function setUp() public {
        handler = new Handler();
        handler.setUp();
        actor = new Actor(handler);
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(actor);
    }

    /// @dev The rewards contract holds the principal and nothing else, distributor and pool cover what is claimable; the
    /// aggregate key is the sum of the active keys, active stake that of the active stakes; nobody receives more than the
    /// lifetime amount; ids never return. That lists of non-signers make nothing valid, and that a pause stops every
    /// payment, the handler checks at each action.
    function invariant_P22_P23_P25_P26_P35_whatever_happens() public {
        handler.checkAll();
    }

    function testFuzz_a_random_life(uint256[40] memory seeds) public {
        for (uint256 i = 0; i < seeds.length; ++i) handler.act(seeds[i]);
        handler.checkAll();
    }

    /// @dev The handler is worth something only if every action comes through at times, and most are refused at times.
    function test_the_handler_reaches_every_action() public {
        for (uint256 i = 0; i < 500; ++i) handler.act(uint256(keccak256(abi.encode("life", i))));
        handler.checkAll();
        uint8[9] memory accepted = [0, 1, 3, 4, 5, 6, 7, 9, 10];
        for (uint256 i = 0; i < accepted.length; ++i) {
            assertTrue(handler.accepted(accepted[i]) > 0, string.concat("accepts ", vm.toString(accepted[i])));
        }
        // A leave request is refused only of a node that was liquidated unasked: too rare here.
        uint8[8] memory refused = [0, 1, 4, 5, 6, 7, 9, 10];
        for (uint256 i = 0; i < refused.length; ++i) {
            assertTrue(handler.refused(refused[i]) > 0, string.concat("refuses ", vm.toString(refused[i])));
        }
        assertTrue(handler.refused(8) > 0, "lies are tried");
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Actor} from "./support/Actor.sol";
import {Assert} from "./support/Assert.sol";
import {Action} from "./support/Ghosts.sol";
import {Handler} from "./support/Handler.sol";
import {vm} from "./support/Vm.sol";

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

    /// @dev The rewards contract holds the principal and nothing else, distributor and pool cover what is claimable;
    /// the aggregate key is the sum of the active keys, active, decommissioned and silent stake those of the nodes that
    /// the rules put there; nobody receives more than the lifetime amount; ids never return; a pause ends in both
    /// contracts. That lists of non-signers make nothing valid, and that a pause stops every payment, the handler
    /// checks at each action.
    function invariant_P22_P23_P25_P26_P35_P112_whatever_happens() public {
        handler.checkAll();
    }

    function testFuzz_a_random_life(uint256[40] memory seeds) public {
        for (uint256 i = 0; i < seeds.length; ++i) handler.act(seeds[i]);
        handler.checkAll();
    }

    /// @dev The handler is worth something only if every action comes through at times, and most are refused at times.
    function test_the_handler_reaches_every_action() public {
        for (uint256 i = 0; i < 800; ++i) handler.act(uint256(keccak256(abi.encode("life", i))));
        handler.checkAll();
        uint256 lie = uint256(Action.Lie);
        for (uint256 i = 0; i <= uint256(type(Action).max); ++i) {
            if (i == lie) continue;
            assertTrue(handler.accepted(i) > 0, string.concat("accepts ", vm.toString(i)));
        }
        // Dropping from the floor passes over what is not fit, and is the owner's at any time. A leave request is
        // refused only of a node that was liquidated unasked: too rare here.
        for (uint256 i = 0; i <= uint256(type(Action).max); ++i) {
            bool isRarely = i == uint256(Action.DropFromFloor) || i == uint256(Action.Leave);
            if (!isRarely) assertTrue(handler.refused(i) > 0, string.concat("refuses ", vm.toString(i)));
        }
        assertTrue(handler.dropped() > 0, "nodes are dropped for silence");
        assertTrue(handler.restored() > 0, "nodes come back when they are heard");
        assertTrue(handler.keptOut() > 0, "the owner takes nodes out of the floor");
    }
}
